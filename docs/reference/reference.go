// Package reference holds the project's own OpenAPI documents of the two services.
package reference

import _ "embed" // the documents

var (
	// Cartum is the document of a Cartum shop's API.
	//go:embed cartum.openapi.yaml
	Cartum []byte
	// Roapp is the document of an RO App account's API.
	//go:embed roapp.openapi.yaml
	Roapp []byte
)
