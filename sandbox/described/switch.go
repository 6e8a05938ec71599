// Package described says in words what the fakes can do.
package described

// Switch is a switch of a fake.
type Switch struct {
	Name, Values string
	// Documented and Flipped are its values in the two profiles.
	Documented, Flipped string
	About               string
}
