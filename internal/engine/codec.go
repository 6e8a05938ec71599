package engine

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"
)

const (
	encodingEncrypted = "binary/encrypted"
	metadataKeyID     = "encryption-key-id"
	// metadataCompression says how a payload was compressed before it was encrypted.
	metadataCompression = "compression"
	compressionZstd     = "zstd"

	// keySize is that of AES-256.
	keySize = 32

	// maxCodecBody is above what one page of a history can hold.
	maxCodecBody = 64 << 20
)

// ErrUnknownKey means that a payload was encrypted with a key that is not configured here (yet, or any more). Another
// process may have it, or this one after a restart.
var ErrUnknownKey = errors.New("payload encrypted with an unknown key")

// UnknownKey tells that an error comes from [ErrUnknownKey], here or in the worker that answered a query: of its error
// only the text arrives.
func UnknownKey(err error) bool {
	return errors.Is(err, ErrUnknownKey) || err != nil && strings.Contains(err.Error(), ErrUnknownKey.Error())
}

// Key is one AES-256 key. Its ID is in plain text next to each payload encrypted
// with it, with a fingerprint, so that another key of the same ID is not taken for it.
type Key struct {
	ID  string
	Key []byte // 32 bytes
}

// compressor and decompressor compress payloads before they are encrypted; what is
// encrypted cannot be compressed any more. They keep no state and are safe for
// concurrent use. The fastest level compresses payloads of 0.3 to 60 kB as well as
// the better ones do, in a fraction of the time.
var (
	compressor   = must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false)))
	decompressor = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxCodecBody)))
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err) // the options are constant
	}
	return value
}

// Name is the key's ID and fingerprint, as it stands next to what the key encrypted.
func (k Key) Name() string {
	sum := sha256.Sum256(k.Key)
	return k.ID + ":" + hex.EncodeToString(sum[:4])
}

type codec struct {
	encryptWith string                 // the key's name
	ciphers     map[string]cipher.AEAD // by the key's name
}

// NewCodec returns a codec that encrypts payloads with the first key (AES-256-GCM) and decrypts with any of them. A key
// is replaced in phases: the new one is added behind the old one in all processes, then put in front, and the old one is
// kept for as long as histories live. Payloads that are not encrypted pass through on decoding.
//
// What passes through the codec: arguments, results, heartbeats, signals, queries, updates, failures (see
// [FailureConverter]), memos, and the user metadata: a workflow's static summary and details, and the summaries of
// activities, timers, side effects and local activities. Current details are not stored at all; they are answered to a
// query, and that answer is encrypted. What never passes: ids, types, search attributes, task queue names, identities, the
// type of an application error, and the text of a failed query (it is answered, not stored). A memo whose encoding fails
// would be stored unencrypted by the SDK; encoding here can fail for an invalid payload only.
func NewCodec(keys []Key) (converter.PayloadCodec, error) {
	if len(keys) == 0 {
		return nil, errors.New("payload codec: no key")
	}
	c := &codec{encryptWith: keys[0].Name(), ciphers: make(map[string]cipher.AEAD, len(keys))}
	seen := make(map[string]bool, len(keys))
	for _, key := range keys {
		if key.ID == "" {
			return nil, errors.New("payload codec: a key without an id")
		}
		if seen[key.ID] {
			return nil, fmt.Errorf("payload codec: key id %q is used twice", key.ID)
		}
		seen[key.ID] = true
		aead, err := newAEAD(key.Key)
		if err != nil {
			return nil, fmt.Errorf("payload codec: key %q: %w", key.ID, err)
		}
		c.ciphers[key.Name()] = aead
	}
	return c, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("has %d bytes, must have %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Encode implements [converter.PayloadCodec].
func (c *codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plain, err := proto.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("encrypt payload: %w", err)
		}
		metadata := map[string][]byte{}
		if small := compressor.EncodeAll(plain, nil); len(small) < len(plain) {
			plain, metadata[metadataCompression] = small, []byte(compressionZstd)
		}
		name := []byte(c.encryptWith)
		metadata[converter.MetadataEncoding], metadata[metadataKeyID] = []byte(encodingEncrypted), name
		encoded[i] = &commonpb.Payload{
			Metadata: metadata,
			Data:     c.ciphers[c.encryptWith].Seal(nil, nil, plain, name), //nolint:gosec // the cipher draws a random nonce itself
		}
	}
	return encoded, nil
}

// Decode implements [converter.PayloadCodec].
func (c *codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		if string(payload.GetMetadata()[converter.MetadataEncoding]) != encodingEncrypted {
			decoded[i] = payload
			continue
		}
		plain, err := c.decrypt(payload)
		if err != nil {
			return nil, err
		}
		decoded[i] = plain
	}
	return decoded, nil
}

func (c *codec) decrypt(payload *commonpb.Payload) (*commonpb.Payload, error) {
	name := payload.GetMetadata()[metadataKeyID]
	aead, ok := c.ciphers[string(name)]
	if !ok {
		return nil, fmt.Errorf("%w: %q; add it to the configured keys", ErrUnknownKey, name)
	}
	plain, err := aead.Open(nil, nil, payload.GetData(), name)
	if err != nil {
		return nil, fmt.Errorf("decrypt payload with key %q: %w", name, err)
	}
	if string(payload.GetMetadata()[metadataCompression]) == compressionZstd {
		if plain, err = decompressor.DecodeAll(plain, nil); err != nil {
			return nil, fmt.Errorf("decompress payload: %w", err)
		}
	}
	decoded := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, decoded); err != nil {
		return nil, fmt.Errorf("decrypt payload with key %q: %w", name, err)
	}
	return decoded, nil
}

// DataConverter returns the SDK's default converter with the codec behind it. A nil codec means no encryption.
func DataConverter(codec converter.PayloadCodec) converter.DataConverter {
	if codec == nil {
		return converter.GetDefaultDataConverter()
	}
	return anywhereConverter{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)}
}

// anywhereConverter gives workflows a converter that never drops what it cannot decode.
type anywhereConverter struct{ converter.DataConverter }

// WithContext implements [workflow.ContextAware].
func (c anywhereConverter) WithContext(context.Context) converter.DataConverter {
	return c.DataConverter
}

// WithWorkflowContext implements [workflow.ContextAware].
func (c anywhereConverter) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return workflowConverter(c)
}

// workflowConverter decodes within workflows. The SDK drops a signal that cannot be decoded and fails a workflow whose
// input cannot. A key that is not known here (yet) is known to another worker or to this one after a restart, so the
// workflow task fails and is tried again. What nobody can decode reaches who takes raw values as it is.
type workflowConverter struct{ converter.DataConverter }

func (c workflowConverter) FromPayload(payload *commonpb.Payload, value any) error {
	return c.decoded(c.DataConverter.FromPayload(payload, value), payload, value)
}

func (c workflowConverter) FromPayloads(payloads *commonpb.Payloads, values ...any) error {
	err := c.DataConverter.FromPayloads(payloads, values...)
	if len(payloads.GetPayloads()) == 1 && len(values) == 1 {
		return c.decoded(err, payloads.GetPayloads()[0], values[0])
	}
	return c.decoded(err, nil, nil)
}

func (workflowConverter) decoded(err error, payload *commonpb.Payload, value any) error {
	if errors.Is(err, ErrUnknownKey) {
		panic(err)
	}
	raw, wantsRaw := value.(*converter.RawValue)
	if err == nil || !wantsRaw {
		return err
	}
	*raw = converter.NewRawValue(payload)
	return nil
}

// FailureDetails reads an activity's typed failure within a workflow. It leaves the value alone where there are no details
// or others. The SDK decodes them outside of the workflow's converter, so this fails the workflow task too where the key is
// not known.
func FailureDetails(failure *temporal.ApplicationError, value any) {
	if err := failure.Details(value); errors.Is(err, ErrUnknownKey) {
		panic(err)
	}
}

// FailureConverter returns a failure converter whose messages and stack traces are encrypted too, not only the details.
// A nil codec means no encryption.
func FailureConverter(codec converter.PayloadCodec) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter:          DataConverter(codec),
		EncodeCommonAttributes: codec != nil,
	})
}

// CodecHandler serves /encode and /decode of Temporal's codec server protocol, so that Temporal's UI at uiOrigin (such as
// https://temporal.example:8233) shows what is encrypted. Other origins are refused. Anyone who reaches it can decrypt: it
// belongs on an address or behind a login that only operators reach.
func CodecHandler(codec converter.PayloadCodec, uiOrigin string) http.Handler {
	uiOrigin = strings.TrimSuffix(uiOrigin, "/")
	handler := http.MaxBytesHandler(converter.NewPayloadCodecHTTPHandler(codec), maxCodecBody)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		// Programs such as Temporal's command line send no origin; browsers always do.
		if origin := r.Header.Get("Origin"); origin != "" {
			if origin != uiOrigin {
				http.Error(w, "origin not allowed", http.StatusForbidden)
				return
			}
			allowOrigin(w.Header(), origin)
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// allowOrigin lists the headers that Temporal's UI sends.
func allowOrigin(header http.Header, origin string) {
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Methods", http.MethodPost)
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
	header.Set("Access-Control-Allow-Credentials", "true")
	header.Set("Access-Control-Max-Age", "600")
}
