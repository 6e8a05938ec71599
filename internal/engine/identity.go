package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// identityData names the fingerprint of the identity key in the namespace's data.
const identityData = "cartumsync-identity-key"

// ErrIdentityKey means that the namespace's orders were made with another identity key.
var ErrIdentityKey = errors.New("identity_key is another one than that of the namespace's orders")

// CheckIdentityKey compares the identity key's fingerprint with the namespace's, and gives it to a namespace that has none.
// Processes with different keys would read every order again and again, and create contacts and products twice. An error
// that is not [ErrIdentityKey] means that it could not be compared, or not kept.
func CheckIdentityKey(ctx context.Context, c client.Client, namespace string, key []byte) error {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(identityData))
	fingerprint := hex.EncodeToString(mac.Sum(nil)[:8])
	kept, err := keptIdentity(ctx, c, namespace)
	if err != nil {
		return err
	}
	if kept == "" {
		_, err := c.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
			Namespace: namespace, UpdateInfo: &namespacepb.UpdateNamespaceInfo{Data: map[string]string{identityData: fingerprint}},
		})
		if err != nil {
			return fmt.Errorf("keep the fingerprint of identity_key in namespace %s: %w", namespace, err)
		}
		// Another process may have done so at the same time.
		if kept, err = keptIdentity(ctx, c, namespace); err != nil {
			return err
		}
	}
	if kept != fingerprint {
		return fmt.Errorf("%w, %s: put the old one back; to change it, see Key rotation in docs/operations.md", ErrIdentityKey, namespace)
	}
	return nil
}

func keptIdentity(ctx context.Context, c client.Client, namespace string) (string, error) {
	described, err := describeNamespace(ctx, c, namespace)
	return described.GetNamespaceInfo().GetData()[identityData], err
}
