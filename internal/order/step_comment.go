package order

import (
	"fmt"
	"time"

	"github.com/cartumsync/cartumsync/internal/order/flow"
)

// StepPostComment writes into the order's event feed. A comment cannot be read
// back, so a lost answer means that it is posted again.
const StepPostComment StepKind = "PostComment"

var _ = define(stepDefinition[PostComment, CommentPosted]{
	kind: StepPostComment, side: SideRoapp, writesOrder: true,
	fingerprint: func(in PostComment) string { return in.About },
	apply: func(s *State, in PostComment, _ CommentPosted, now time.Time) {
		if s.Comment.About != in.About {
			s.Comment.About, s.Comment.Parts = in.About, 0
		}
		s.Comment.Parts++
		if !in.Last {
			return
		}
		s.Comment.Parts, s.Comment.Delivered = 0, in.Delivers
		if s.Comment.FirstAt.IsZero() {
			s.Comment.FirstAt = now
			s.note(now, msg("first-comment-posted"))
			return
		}
		s.note(now, msg("comment-posted"))
		s.Order.FieldsDue = true
	},
})

// PostComment is the comment to post.
type PostComment struct {
	Account string
	OrderID int64
	Text    string
	// Last is set on the last part of a comment that is too long for one.
	Last bool
	// About identifies what the comment is about: its parts belong together.
	About string `json:",omitempty"`
	// Delivers is all that staff have read once this comment is posted.
	Delivers Delivered `json:",omitzero"`
}

// CommentPosted is the answer to [PostComment].
type CommentPosted struct{}

// postComment posts the next part of a text. A text whose first part said
// something older is posted from its start.
func (p *planner) postComment(name, about, text string, delivers Delivered) []flow.Step {
	parts := SplitComment(text)
	part := 0
	if p.s.Comment.About == about {
		part = min(p.s.Comment.Parts, len(parts)-1) // a shorter order has fewer
	}
	key := fmt.Sprintf("%s %d", StepPostComment, part+1)
	return []flow.Step{p.step(StepPostComment, key, "Post the "+name, PostComment{
		Account: p.s.Order.Account, OrderID: p.s.Order.ID, Text: parts[part], Last: part == len(parts)-1,
		About: about, Delivers: delivers,
	})}
}
