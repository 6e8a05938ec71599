// Package access decides who may see and who may act.
package access

import "context"

// Role is what a person or a program may do.
type Role string

// The roles.
const (
	RoleLook Role = "look"
	RoleAct  Role = "act" // and look
)

// includes tells whether the role is enough where another one is asked for.
func (r Role) includes(other Role) bool { return r == other || r == RoleAct && other == RoleLook }

// User is who asks.
type User struct {
	Name string
	Role Role
}

type userKey struct{}

// Who is the user of a request.
func Who(ctx context.Context) (User, bool) {
	user, known := ctx.Value(userKey{}).(User)
	return user, known
}

func withUser(ctx context.Context, user User) context.Context {
	return context.WithValue(ctx, userKey{}, user)
}
