package deploy

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"

	"github.com/cartumsync/cartumsync/internal/process"
	"github.com/cartumsync/cartumsync/internal/settings"
)

// manifests are what is in the folder kubernetes.
type manifests struct {
	deployments []appsv1.Deployment
	budgets     []policyv1.PodDisruptionBudget
	services    []corev1.Service
	settings    corev1.ConfigMap
	secret      corev1.Secret
}

// readManifests decodes as the server does that is asked to be strict: what it
// does not know is an error, and so is a key that stands twice.
func readManifests(t *testing.T) manifests {
	t.Helper()
	var all manifests
	for _, file := range resources(t) {
		text, err := os.ReadFile(filepath.Join("kubernetes", file))
		require.NoError(t, err)
		documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, file)
			all.add(t, file, document)
		}
	}
	return all
}

func (m *manifests) add(t *testing.T, file string, document []byte) {
	t.Helper()
	var kind metav1.TypeMeta
	require.NoError(t, strict.Unmarshal(document, &kind), file)
	switch kind.APIVersion + " " + kind.Kind {
	case "apps/v1 Deployment":
		m.deployments = append(m.deployments, decoded[appsv1.Deployment](t, file, document))
	case "policy/v1 PodDisruptionBudget":
		m.budgets = append(m.budgets, decoded[policyv1.PodDisruptionBudget](t, file, document))
	case "v1 Service":
		m.services = append(m.services, decoded[corev1.Service](t, file, document))
	case "v1 ConfigMap":
		m.settings = decoded[corev1.ConfigMap](t, file, document)
	case "v1 Secret":
		m.secret = decoded[corev1.Secret](t, file, document)
	case "v1 Namespace":
		decoded[corev1.Namespace](t, file, document)
	default:
		assert.Fail(t, "an unknown kind", "%s: %s %s", file, kind.APIVersion, kind.Kind)
	}
}

func decoded[T any](t *testing.T, file string, document []byte) (object T) {
	t.Helper()
	require.NoError(t, strict.UnmarshalStrict(document, &object, strict.DisallowUnknownFields), file)
	return object
}

// resources are the files that kustomization.yaml names, which are all that there
// are.
func resources(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("kubernetes/kustomization.yaml")
	require.NoError(t, err)
	kustomization := decoded[struct {
		metav1.TypeMeta `json:",inline"`
		Namespace       string   `json:"namespace"`
		Resources       []string `json:"resources"`
		Images          []struct {
			Name    string `json:"name"`
			NewName string `json:"newName"`
			NewTag  string `json:"newTag"`
		} `json:"images"`
	}](t, "kustomization.yaml", text)
	found, err := filepath.Glob("kubernetes/*.yaml")
	require.NoError(t, err)
	named := []string{"kubernetes/kustomization.yaml"}
	for _, file := range kustomization.Resources {
		named = append(named, filepath.Join("kubernetes", file))
	}
	assert.ElementsMatch(t, found, named)
	return kustomization.Resources
}

func TestDeployments(t *testing.T) {
	t.Parallel()
	all := readManifests(t)
	require.Len(t, all.deployments, 2)
	for _, deployment := range all.deployments {
		name, pod := deployment.Name, deployment.Spec.Template.Spec
		require.Len(t, pod.Containers, 1, name)
		container := pod.Containers[0]

		selector, err := metav1.LabelSelectorAsSelector(deployment.Spec.Selector)
		require.NoError(t, err)
		assert.True(t, selector.Matches(labels.Set(deployment.Spec.Template.Labels)), name)
		assert.Greater(t, *deployment.Spec.Replicas, int32(1), name)

		// A process that lives and cannot work is not started again.
		assert.Equal(t, "/healthz", container.LivenessProbe.HTTPGet.Path, name)
		assert.Equal(t, "/readyz", container.ReadinessProbe.HTTPGet.Path, name)
		for _, probe := range []*corev1.Probe{container.LivenessProbe, container.ReadinessProbe} {
			assert.True(t, slices.ContainsFunc(container.Ports, func(port corev1.ContainerPort) bool { return port.Name == probe.HTTPGet.Port.StrVal }), name)
			assert.Greater(t, time.Duration(probe.TimeoutSeconds)*time.Second, process.HealthTimeout, name)
		}

		assert.True(t, *pod.SecurityContext.RunAsNonRoot, name)
		assert.False(t, *pod.AutomountServiceAccountToken, name)
		assert.False(t, *container.SecurityContext.AllowPrivilegeEscalation, name)
		assert.True(t, *container.SecurityContext.ReadOnlyRootFilesystem, name)
		assert.Equal(t, []corev1.Capability{"ALL"}, container.SecurityContext.Capabilities.Drop, name)
		assert.False(t, container.Resources.Limits.Memory().IsZero(), name)
		assert.False(t, container.Resources.Requests.Memory().IsZero(), name)

		assert.Equal(t, all.secret.Name, container.EnvFrom[0].SecretRef.Name, name)
		assert.Equal(t, all.settings.Name, pod.Volumes[0].ConfigMap.Name, name)
		mount := container.VolumeMounts[0]
		assert.Empty(t, mount.SubPath, "%s: a single file stays the old one", name)
		assert.Contains(t, container.Env, corev1.EnvVar{Name: "CARTUMSYNC_SETTINGS", Value: mount.MountPath + "/settings.yaml"}, name)

		assert.True(t, slices.ContainsFunc(all.budgets, func(budget policyv1.PodDisruptionBudget) bool {
			selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
			return err == nil && selector.Matches(labels.Set(deployment.Spec.Template.Labels)) && budget.Spec.MaxUnavailable.IntValue() < int(*deployment.Spec.Replicas)
		}), "%s has no budget", name)
	}
	require.Len(t, all.services, 1)
	assert.True(t, slices.ContainsFunc(all.deployments, func(deployment appsv1.Deployment) bool {
		return labels.SelectorFromSet(all.services[0].Spec.Selector).Matches(labels.Set(deployment.Spec.Template.Labels))
	}), "the service leads somewhere")
}

// The settings and the secret fit together, and the secret is nobody's.
func TestSettingsOfKubernetes(t *testing.T) {
	t.Parallel()
	all := readManifests(t)
	require.Equal(t, []string{"settings.yaml"}, slices.Collect(maps.Keys(all.settings.Data)))
	used := map[string]bool{}
	_, err := settings.Parse("settings.yaml", []byte(all.settings.Data["settings.yaml"]), func(name string) (string, bool) {
		value, known := all.secret.StringData[name]
		assert.Empty(t, value, name)
		used[name] = true
		if name == "CARTUMSYNC_ENCRYPTION_KEY" {
			return base64.StdEncoding.EncodeToString(make([]byte, 32)), known
		}
		return strings.ToLower(name) + strings.Repeat("x", 32), known
	})
	require.NoError(t, err)
	for name := range all.secret.StringData {
		assert.True(t, used[name], "%s is not used", name)
	}
	for name := range used {
		assert.Contains(t, all.secret.StringData, name)
	}
}

func TestUnknownFieldsAreFound(t *testing.T) {
	t.Parallel()
	var pod corev1.Pod
	require.Error(t, strict.UnmarshalStrict([]byte("spec: {containers: [{name: a, livenesProbe: {}}]}"), &pod, strict.DisallowUnknownFields))
	require.Error(t, strict.UnmarshalStrict([]byte("spec: {nodeName: a, nodeName: b}"), &pod, strict.DisallowUnknownFields))
}
