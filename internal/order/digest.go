package order

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// digestVersion is raised whenever the digest comes to cover something else, so
// that digests of different versions are not compared.
const digestVersion = "1"

// keyedHashSize is how much of a hash is kept, in bytes.
const keyedHashSize = 16

// KeyedHash stands for values that must not be readable where it is shown, such
// as a phone in a workflow's id: 32 hex digits that nobody can guess without
// the key. Different lists of parts give different hashes.
func KeyedHash(key []byte, parts ...string) string {
	hash := hmac.New(sha256.New, key)
	for _, part := range parts {
		// The length keeps ("ab", "c") apart from ("a", "bc").
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:keyedHashSize])
}

// Digest stands for all that the rules use of a snapshot: equal digests mean that
// there is nothing new. It starts with its version and a colon. When the order was
// seen, and in what order its lines are listed, is not in it.
func Digest(s Snapshot, key []byte) string {
	parts := []string{
		"digest", strconv.FormatInt(s.Number, 10), strconv.Itoa(s.Status), s.Currency,
		s.BuyerComment, s.ManagerComment, strconv.FormatBool(s.DoNotCall),
		s.Customer.Name, s.Customer.Phone, s.Customer.Email,
		s.Payment.Method, strconv.FormatBool(s.Payment.Paid), optional(s.Payment.Fee),
	}
	parts = append(parts, deliveryParts(s.Delivery)...)
	parts = append(parts, totalsParts(s.Totals)...)
	parts = append(parts, linesParts(s.Lines)...)
	for _, problem := range s.Problems {
		parts = append(parts, problem.ID())
	}
	return digestVersion + ":" + KeyedHash(key, parts...)
}

func deliveryParts(d Delivery) []string {
	return []string{
		d.Method, optional(d.Price), strconv.FormatBool(d.AtCarrierRates),
		d.Recipient, d.Phone, d.City, d.Address, d.Branch, d.Tracking,
	}
}

func totalsParts(t Totals) []string {
	return []string{
		t.Default.String(), t.Sum.String(),
		t.DiscountPercent.String(), t.DiscountValue.String(),
		t.CouponCode, t.CouponPercent.String(), t.CouponValue.String(),
		t.ManagerDiscount.String(), t.ManagerDiscountTitle,
	}
}

// linesParts starts with the number of lines and is sorted by key: Cartum
// promises no order of its lists.
func linesParts(lines []Line) []string {
	sorted := slices.SortedStableFunc(slices.Values(lines), func(a, b Line) int { return cmp.Compare(a.Key, b.Key) })
	parts := []string{strconv.Itoa(len(sorted))}
	for _, line := range sorted {
		parts = append(parts, string(line.Key), line.Article, line.ArticleAsWritten, line.Title, string(line.Type),
			line.StorageID, line.ParentStorageID,
			line.Quantity.String(), line.Price.String(), line.Total.String())
	}
	return parts
}

// optional keeps an amount that is not known apart from 0.
func optional(amount *decimal.Decimal) string {
	if amount == nil {
		return ""
	}
	return amount.String()
}
