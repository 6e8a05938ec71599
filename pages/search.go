package pages

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
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
	return base64.RawURLEncoding.EncodeToString(p.sealer().Seal(nil, nil, []byte(text), nil)) //nolint:gosec // the cipher draws a random nonce itself
}

var errSealed = errors.New("is not readable; search again")

// unseal reads what [pages.seal] wrote, as long as the key is the same.
func (p *pages) unseal(sealed string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", errSealed
	}
	text, err := p.sealer().Open(nil, nil, raw, nil)
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
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the right block
	}
	return sealer
}
