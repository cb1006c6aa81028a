use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

// RFC 8032 7.1, test 2.
const KEY: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

#[test]
fn accepts_the_rfc_8032_signature_and_refuses_it_with_any_bit_flipped() {
    let (key, signature) = (bytes(KEY), bytes(SIGNATURE));
    assert!(verify(ALG_ED25519, &key, &[0x72], &signature));
    assert!(!verify(ALG_ED25519, &key, &[0x73], &signature));
    for bit in 0..512 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify(ALG_ED25519, &key, &[0x72], &flipped), "bit {bit}");
    }
}

#[test]
fn refuses_s_plus_the_group_order() {
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut signature = bytes(SIGNATURE);
    let mut carry = 0u16;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert!(!verify(ALG_ED25519, &bytes(KEY), &[0x72], &signature));
}

#[test]
fn refuses_keys_of_small_order_and_other_encodings_at_enrolment() {
    let refused = [
        // identity, order 2, order 8
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        // y = p: the encoding of 0 is not canonical
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for key in refused {
        assert!(!check_public_key(ALG_ED25519, &bytes(key)), "{key}");
    }
    assert!(check_public_key(ALG_ED25519, &bytes(KEY)));
    assert!(!check_public_key(ALG_ED25519, &bytes(KEY)[..31]));
    assert!(!check_public_key(9, &bytes(KEY)));
}

#[test]
fn p256_counts_low_s_only() {
    use ::p256::ecdsa::{Signature, SigningKey, signature::Signer};
    let signing = SigningKey::from_slice(&[3u8; 32]).unwrap();
    let key = signing.verifying_key().to_sec1_point(true);
    let signature: Signature = signing.sign(b"reading");
    let low = signature.normalize_s();
    let high = Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
    assert_ne!(low, high);
    assert!(verify(
        ALG_P256,
        key.as_bytes(),
        b"reading",
        &low.to_bytes()
    ));
    assert!(!verify(
        ALG_P256,
        key.as_bytes(),
        b"reading",
        &high.to_bytes()
    ));
    assert!(!verify(
        ALG_P256,
        key.as_bytes(),
        b"readinG",
        &low.to_bytes()
    ));
    assert!(check_public_key(ALG_P256, key.as_bytes()));
    let uncompressed = signing.verifying_key().to_sec1_point(false);
    assert!(!check_public_key(ALG_P256, uncompressed.as_bytes()));
}

#[test]
fn packed_items_must_end_exactly() {
    let packed = [1u8, 2, 0, 8, 9, 1, 0, 0, 0, 7, 1, 0, 5];
    let items = parse_items(&packed).unwrap();
    assert_eq!(
        items,
        [Item {
            alg: 1,
            key: &[8, 9],
            message: &[7],
            signature: &[5]
        }]
    );
    for length in 1..packed.len() {
        assert!(parse_items(&packed[..length]).is_none(), "{length}");
    }
    assert!(parse_items(&[]).unwrap().is_empty());
}
