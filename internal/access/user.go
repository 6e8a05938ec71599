// Package access decides who may see and who may act.
package access

import "context"

// Role is what a person or a program may do.
type Role string

// The roles.
const (
	RoleView Role = "view"
	RoleAct  Role = "act" // and look
)

// includes tells whether the role is enough where another one is asked for.
func (r Role) includes(other Role) bool { return r == other || r == RoleAct && other == RoleView }

// User is who asks.
type User struct {
	Name string
	Role Role
}

// caller is what is known of who sent a request.
type caller struct {
	user  User
	known bool
	https bool // the browser came by HTTPS
	// refusal says why the request cannot be answered no matter who sent it, nil where it
	// can.
	refusal *refusal
}

type refusal struct {
	status int
	detail string
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// Who is the user of a request.
func Who(ctx context.Context) (User, bool) {
	c := callerOf(ctx)
	return c.user, c.known
}

// ByHTTPS tells whether the browser came by HTTPS, for cookies.
func ByHTTPS(ctx context.Context) bool { return callerOf(ctx).https }
