package pages

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// orderNumber is what needs not be hidden in an address: a short number of an order.
var orderNumber = regexp.MustCompile(`^[A-Za-z]{0,4}-?[0-9]{1,8}$`)

// search goes to the table that the form asks for. Its address can be kept and loaded
// again; a customer's name or phone stands in it encrypted, for addresses are logged.
func (p *pages) search(w http.ResponseWriter, r *http.Request) {
	asked := url.Values{}
	for _, name := range []string{"show", "state", "from", "to"} {
		if value := r.PostFormValue(name); value != "" {
			asked.Set(name, value)
		}
	}
	text := strings.TrimSpace(r.PostFormValue("text"))
	switch number := strings.TrimPrefix(text, "#"); {
	case text == "":
	case orderNumber.MatchString(number):
		asked.Set("number", number)
	default:
		asked.Set("q", p.seal(text))
	}
	target := "/orders"
	if len(asked) > 0 {
		target += "?" + asked.Encode()
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

// seal encrypts a text for an address.
func (p *pages) seal(text string) string {
	sealer := p.sealer()
	nonce := make([]byte, sealer.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(sealer.Seal(nonce, nonce, []byte(text), nil))
}

var errSealed = errors.New("is not readable; search again")

// unseal reads what [pages.seal] wrote, as long as the key is the same.
func (p *pages) unseal(sealed string) (string, error) {
	sealer := p.sealer()
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < sealer.NonceSize() {
		return "", errSealed
	}
	text, err := sealer.Open(nil, raw[:sealer.NonceSize()], raw[sealer.NonceSize():], nil)
	if err != nil {
		return "", errSealed
	}
	return string(text), nil
}

func (p *pages) sealer() cipher.AEAD {
	key := hmac.New(sha256.New, []byte(p.Settings.Current().IdentityKey.Reveal()))
	key.Write([]byte("searched text in addresses"))
	block, err := aes.NewCipher(key.Sum(nil))
	if err != nil {
		panic(err) // the key has the right size
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the right block
	}
	return sealer
}
