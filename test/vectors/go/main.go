// Checks Plumbline's checkpoints and proofs with golang.org/x/mod/sumdb, which nobody here wrote.
// Reads cases as JSON on standard input and answers with one verdict a case on standard output.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type testCase struct {
	Name       string   `json:"name"`
	LogKey     string   `json:"logKey"`
	Cosigner   string   `json:"cosigner"` // verifier key text of type 4, or empty
	Checkpoint string   `json:"checkpoint"`
	Entry      []byte   `json:"entry"`
	Index      int64    `json:"index"`
	Inclusion  [][]byte `json:"inclusion"`
	OldSize    int64    `json:"oldSize"` // 0: no consistency proof in this case
	OldRoot    []byte   `json:"oldRoot"`
	Consistent [][]byte `json:"consistency"`
}

type verdict struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Error string `json:"error"`
}

// cosignatureVerifier checks C2SP cosignature/v1 lines, which x/mod has no verifier for.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }
func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(v.key, []byte(message), sig[8:])
}

func newCosignatureVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("cosigner key is not name+hash+key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, fmt.Errorf("cosigner key is not of type 4")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, fmt.Errorf("cosigner key hash does not match")
	}
	return &cosignatureVerifier{parts[0], hash, key[1:]}, nil
}

func check(c testCase) error {
	log, err := note.NewVerifier(c.LogKey)
	if err != nil {
		return fmt.Errorf("log key: %w", err)
	}
	verifiers := []note.Verifier{log}
	if c.Cosigner != "" {
		cosigner, err := newCosignatureVerifier(c.Cosigner)
		if err != nil {
			return err
		}
		verifiers = append(verifiers, cosigner)
	}
	opened, err := note.Open([]byte(c.Checkpoint), note.VerifierList(verifiers...))
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	if len(opened.Sigs) != len(verifiers) {
		return fmt.Errorf("%d of %d signatures verified", len(opened.Sigs), len(verifiers))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() {
		return fmt.Errorf("checkpoint text has another origin or number of lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(hashes(c.Inclusion), size, root, c.Index, tlog.RecordHash(c.Entry)); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	if c.OldSize == 0 {
		return nil
	}
	var oldRoot tlog.Hash
	copy(oldRoot[:], c.OldRoot)
	if err := tlog.CheckTree(hashes(c.Consistent), size, root, c.OldSize, oldRoot); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

func hashes(list [][]byte) []tlog.Hash {
	proof := make([]tlog.Hash, len(list))
	for i, hash := range list {
		copy(proof[i][:], hash)
	}
	return proof
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		fmt.Fprintln(os.Stderr, "cases:", err)
		os.Exit(2)
	}
	verdicts := make([]verdict, 0, len(cases))
	for _, c := range cases {
		v := verdict{Name: c.Name, OK: true}
		if err := check(c); err != nil {
			v.OK, v.Error = false, err.Error()
		}
		verdicts = append(verdicts, v)
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		os.Exit(2)
	}
}
