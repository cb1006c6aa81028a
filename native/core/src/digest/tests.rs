use super::*;

const STREAM_A: [u8; 16] = [0x11; 16];
const STREAM_B: [u8; 16] = [0x22; 16];
const SECRET: [u8; 32] = [7; 32];

fn reading(sequence: u64, value: Value<'_>) -> Reading<'_> {
    Reading {
        sequence,
        source_time_us: 1_774_915_200_000_000 + sequence as i64 * 1000,
        quality: 0,
        flags: 0,
        value,
        evidence: None,
    }
}

fn all_kinds() -> Vec<Value<'static>> {
    vec![
        Value::Null,
        Value::Boolean(true),
        Value::Boolean(false),
        Value::Integer(0),
        Value::Integer(i64::MIN),
        Value::Integer(i64::MAX),
        Value::Unsigned(u64::MAX),
        Value::Unsigned(1 << 63),
        Value::Float(-0.0),
        Value::Float(20.5),
        Value::Float(f64::INFINITY),
        Value::Float(5e-324),
        Value::Float(1.1),
        Value::Float(2.25),
        Value::Text("".as_bytes()),
        Value::Text("läuft".as_bytes()),
        Value::Bytes(&[]),
        Value::Bytes(&[0, 255]),
    ]
}

fn batch_of(values: &[Value<'static>]) -> Batch<'static> {
    let mut readings: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(index, value)| reading(index as u64 * 3, *value))
        .collect();
    readings[1].evidence = Some(b"");
    readings[2].evidence = Some(b"raw registers");
    readings[3].quality = 0x8000_0000;
    readings[4].flags = 21;
    readings[5].source_time_us = -1;
    let count = readings.len();
    readings.push(reading(9, Value::Float(3.5)));
    let runs = vec![
        Run {
            stream: STREAM_A,
            start: 0,
            count,
        },
        Run {
            stream: STREAM_B,
            start: count,
            count: 1,
        },
    ];
    Batch {
        secret: SECRET,
        runs,
        readings,
    }
}

#[test]
fn payload_gives_every_kind_of_value_back() {
    let batch = batch_of(&all_kinds());
    let payload = write_payload(&batch);
    assert_eq!(read_payload(&payload, 100).unwrap(), batch);
}

#[test]
fn rows_give_every_kind_of_value_back_in_any_order() {
    let batch = batch_of(&all_kinds());
    let rows = rows_of_batch(&batch).unwrap();
    let same = batch_of_rows(&rows.streams, &rows.rows, &rows.heap, SECRET).unwrap();
    assert_eq!(same, batch);
    let reversed: Vec<u8> = rows.rows.rchunks(ROW_BYTES).flatten().copied().collect();
    let sorted = batch_of_rows(&rows.streams, &reversed, &rows.heap, SECRET).unwrap();
    assert_eq!(sorted, batch);
}

#[test]
fn nan_keeps_its_bits_in_the_payload_and_loses_them_in_the_leaf() {
    let odd_nan = f64::from_bits(0x7ff8_0000_0000_0123);
    let batch = Batch {
        secret: SECRET,
        runs: vec![Run {
            stream: STREAM_A,
            start: 0,
            count: 1,
        }],
        readings: vec![reading(0, Value::Float(odd_nan))],
    };
    let payload = write_payload(&batch);
    let back = read_payload(&payload, 1).unwrap();
    match back.readings[0].value {
        Value::Float(value) => assert_eq!(value.to_bits(), odd_nan.to_bits()),
        other => panic!("{other:?}"),
    }
    let mut encoder = LeafEncoder::new();
    let odd = encoder
        .encode(&[0; 16], &STREAM_A, &back.readings[0])
        .to_vec();
    let plain = encoder
        .encode(&[0; 16], &STREAM_A, &reading(0, Value::Float(f64::NAN)))
        .to_vec();
    assert_eq!(odd, plain);
    assert!(odd.windows(3).any(|bytes| bytes == [0xf9, 0x7e, 0x00]));
}

#[test]
fn a_column_of_floats_keeps_negative_zero() {
    let mut batch = batch_of(&all_kinds());
    batch.runs = vec![Run {
        stream: STREAM_A,
        start: 0,
        count: 3,
    }];
    let columns = [
        [-0.0, -0.0, -0.0],
        [0.0, -0.0, 1.5],
        [1.0, 2.0, -1e-320],
        [0.1, 0.2, 1e9],
    ];
    for column in columns {
        batch.readings = (0..3)
            .map(|at| reading(at, Value::Float(column[at as usize])))
            .collect();
        let payload = write_payload(&batch);
        for (reading, value) in read_payload(&payload, 3)
            .unwrap()
            .readings
            .iter()
            .zip(column)
        {
            let Value::Float(back) = reading.value else {
                panic!("{reading:?}")
            };
            assert_eq!(back.to_bits(), f64::to_bits(value), "{column:?}");
        }
    }
}

#[test]
fn floats_take_the_shortest_exact_encoding() {
    // RFC 8949 appendix A.
    let cases: [(f64, &str); 12] = [
        (0.0, "f90000"),
        (-0.0, "f98000"),
        (1.0, "f93c00"),
        (1.1, "fb3ff199999999999a"),
        (65504.0, "f97bff"),
        (100000.0, "fa47c35000"),
        (3.4028234663852886e38, "fa7f7fffff"),
        (1.0e300, "fb7e37e43c8800759c"),
        (5.960464477539063e-8, "f90001"),
        (0.00006103515625, "f90400"),
        (-4.1, "fbc010666666666666"),
        (f64::NEG_INFINITY, "f9fc00"),
    ];
    for (value, expected) in cases {
        let mut encoder = LeafEncoder::new();
        let cbor = encoder.encode(&[0; 16], &STREAM_A, &reading(0, Value::Float(value)));
        let tail = &cbor[1 + 17 + 17 + 1 + 9..cbor.len() - 2];
        let hex: String = tail.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected, "{value}");
    }
}

#[test]
fn whole_range_of_a_sequence_and_a_negative_time_are_encoded() {
    let extreme = Reading {
        sequence: u64::MAX,
        source_time_us: -1,
        ..reading(0, Value::Integer(7))
    };
    let mut encoder = LeafEncoder::new();
    let cbor = encoder.encode(&[0; 16], &STREAM_A, &extreme);
    assert_eq!(cbor[35..44], [0x1b, 255, 255, 255, 255, 255, 255, 255, 255]);
    assert_eq!(cbor[44..], [0x20, 0x07, 0x00, 0x00]);
}

#[test]
fn short_and_long_leaves_hash_alike() {
    let text = "x".repeat(200);
    for length in [0, 1, 10, 11, 12, 70, 74, 75, 76, 77, 150, 200] {
        let reading = reading(1, Value::Text(&text.as_bytes()[..length]));
        let mut encoder = LeafEncoder::new();
        let cbor = encoder.encode(&[1; 16], &STREAM_A, &reading).to_vec();
        assert_eq!(
            encoder.hash(&[1; 16], &STREAM_A, &reading),
            entry_leaf_hash(&cbor),
            "{length}"
        );
    }
}

#[test]
fn salt_of_a_position_is_that_of_the_expansion() {
    let all = salts(&SECRET, 600);
    for position in [0, 1, 255, 256, 599] {
        assert_eq!(salt_at(&SECRET, position), all[position]);
    }
}

#[test]
fn audit_path_leads_to_the_root() {
    for size in [1usize, 2, 3, 5, 8, 13] {
        let leaves: Vec<Hash> = (0..size).map(|i| sha256(&[i as u8])).collect();
        let root = root_of(&leaves);
        for index in 0..size {
            let path = audit_path(&leaves, index).unwrap();
            assert_eq!(
                fold_path(leaves[index], index, size, &path),
                root,
                "{index} of {size}"
            );
        }
        assert!(audit_path(&leaves, size).is_none());
    }
}

/// RFC 9162 2.1.3.2, written apart from the code under test.
fn fold_path(leaf: Hash, index: usize, size: usize, path: &[Hash]) -> Hash {
    let (mut fnode, mut snode, mut hash) = (index, size - 1, leaf);
    let node = |l: &Hash, r: &Hash| sha256(&[&[1u8][..], l, r].concat());
    for sibling in path {
        if fnode % 2 == 1 || fnode == snode {
            hash = node(sibling, &hash);
            while fnode % 2 == 0 && fnode != 0 {
                fnode >>= 1;
                snode >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    assert_eq!(snode, 0);
    hash
}

#[test]
fn every_cut_or_flipped_payload_is_refused_or_read_without_a_panic() {
    let payload = write_payload(&batch_of(&all_kinds()));
    for length in 0..payload.len() {
        assert_eq!(
            read_payload(&payload[..length], 100).unwrap_err().code,
            "malformed_payload"
        );
    }
    for at in 0..payload.len() {
        for bit in 0..8 {
            let mut flipped = payload.clone();
            flipped[at] ^= 1 << bit;
            if let Ok(batch) = read_payload(&flipped, 100) {
                digest_batch(&batch);
                rows_of_batch(&batch).unwrap();
            }
        }
    }
}

#[test]
fn more_readings_than_allowed_are_refused() {
    let batch = batch_of(&all_kinds());
    let payload = write_payload(&batch);
    let count = batch.readings.len();
    assert!(read_payload(&payload, count).is_ok());
    assert!(read_payload(&payload, count - 1).is_err());
}

#[test]
fn one_sequence_twice_in_a_stream_is_refused() {
    let mut batch = batch_of(&all_kinds());
    batch.readings[1].sequence = 0;
    let rows = rows_of_batch(&batch).unwrap();
    let error = batch_of_rows(&rows.streams, &rows.rows, &rows.heap, SECRET).unwrap_err();
    assert_eq!(error.code, "duplicate_sequence");
}

#[test]
fn an_empty_batch_has_the_empty_root() {
    let batch = batch_of_rows(&[], &[], &[], SECRET).unwrap();
    let payload = write_payload(&batch);
    let digest = digest_batch(&read_payload(&payload, 0).unwrap());
    assert_eq!(digest.root, sha256(b""));
    assert_eq!((digest.first_time_us, digest.last_time_us), (0, 0));
}

#[test]
fn qualities_are_counted_in_ascending_order() {
    let mut batch = batch_of(&all_kinds());
    batch.readings[7].quality = 5;
    let total = batch.readings.len() as u32;
    assert_eq!(
        digest_batch(&batch).qualities,
        vec![(0, total - 2), (5, 1), (0x8000_0000, 1)]
    );
}
