package order

import "strings"

// UIText is a text of customers or services for Temporal's UI, which renders
// Markdown and HTML in some places and neither in others. An escape would be shown
// where neither is, so each character that could begin a link, a tag or code is
// replaced by one that looks alike.
func UIText(s string) string { return uiText.Replace(NormalizeText(s)) }

var uiText = strings.NewReplacer(
	"<", "‹", ">", "›", "&", "＆", // tags and entities
	"[", "［", "]", "］", "`", "ˋ", "\\", "＼", "|", "¦", "*", "∗", // links, pictures, code, tables and emphasis
	"://", "：//", "www.", "www․", "WWW.", "WWW․", "@", "＠", // addresses that become links by themselves
)
