// Package deploy tests the files that an installation is made of.
package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cartumsync/cartumsync/internal/settings"
)

const databasePassword = "password-of-the-database"

// filledIn is what somebody has put into .env.
var filledIn = []string{
	"POSTGRES_PASSWORD=" + databasePassword, "SITE=orders.example", "SETTINGS_FOLDER=./settings", "SECRETS_FILE=secrets.env",
}

// load reads Compose files of the project's folder as Compose does, beside secrets
// and settings as the examples have them.
func load(t *testing.T, env []string, files ...string) (*types.Project, error) {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	dir := t.TempDir()
	secrets, err := os.ReadFile("secrets.env.example")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secrets.env"), secrets, 0o600))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "deploy"), os.DirFS(".")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "settings"), 0o700))
	var paths []string
	for _, file := range files {
		paths = append(paths, filepath.Join(root, file))
	}
	options, err := cli.NewProjectOptions(paths, cli.WithWorkingDirectory(dir), cli.WithEnv(env))
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

const (
	production = "docker-compose.yml"
	sandbox    = "compose.sandbox.yml"
	withCaddy  = "deploy/compose.caddy.yml"
	fakes      = "deploy/compose.fakes.yml"
)

func mustLoad(t *testing.T, files ...string) *types.Project {
	t.Helper()
	project, err := load(t, filledIn, files...)
	require.NoError(t, err)
	return project
}

// eachProject runs a test on every way to start the services.
func eachProject(t *testing.T, test func(*testing.T, *types.Project)) {
	t.Helper()
	for name, files := range map[string][]string{"production": {production}, "with Caddy": {production, withCaddy}, "with fakes": {production, withCaddy, fakes}, "sandbox": {sandbox}} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, mustLoad(t, files...)) })
	}
}

// Several services that build one image race for its name, and each new image
// makes Compose start the services again.
func TestEachImageIsBuiltOnce(t *testing.T) {
	t.Parallel()
	eachProject(t, func(t *testing.T, project *types.Project) {
		t.Helper()
		builders, users := map[string]int{}, map[string]int{}
		for _, service := range project.Services {
			users[service.Image]++
			if service.Build != nil {
				builders[service.Image]++
				assert.Equal(t, "false", service.Build.Provenance, "%s would be another image each time", service.Name)
			}
		}
		for image := range users {
			local := strings.HasSuffix(image, ":local")
			assert.Equal(t, map[bool]int{true: 1}[local], builders[image], image)
		}
		for _, service := range project.Services {
			if strings.HasSuffix(service.Image, ":local") && service.Build == nil {
				assert.Equal(t, types.PullPolicyNever, service.PullPolicy, service.Name)
			}
		}
	})
}

// Whatever is done to the sandbox, production does not notice.
func TestTheSandboxSharesNothingWithProduction(t *testing.T) {
	t.Parallel()
	names := func(project *types.Project) []string {
		found := []string{project.Name}
		for _, volume := range project.Volumes {
			found = append(found, volume.Name)
		}
		for _, network := range project.Networks {
			found = append(found, network.Name)
		}
		for _, service := range project.Services {
			found = append(found, service.Image, service.ContainerName)
		}
		return found
	}
	productive, made := mustLoad(t, production, withCaddy), mustLoad(t, sandbox)
	for _, name := range names(made) {
		if name != "" {
			assert.NotContains(t, names(productive), name)
		}
	}
	assert.Empty(t, made.Volumes, "nothing is kept")
	for _, service := range made.Services {
		assert.Empty(t, service.Volumes, service.Name)
		assert.Empty(t, service.EnvFiles, service.Name)
	}
}

func TestServicesAreLimited(t *testing.T) {
	t.Parallel()
	eachProject(t, func(t *testing.T, project *types.Project) {
		t.Helper()
		for _, service := range project.Services {
			assert.Positive(t, int64(service.MemLimit), "%s: mem_limit", service.Name)
			assert.Positive(t, service.PidsLimit, "%s: pids_limit", service.Name)
			assert.Equal(t, []string{"ALL"}, service.CapDrop, service.Name)
			assert.Contains(t, service.SecurityOpt, "no-new-privileges:true", service.Name)
			require.NotNil(t, service.Logging, service.Name)
			assert.NotEmpty(t, service.Logging.Options["max-size"], service.Name)
			assert.NotEmpty(t, service.Logging.Options["max-file"], service.Name)
			if service.Name != "temporal" { // it writes its configuration beside the template
				assert.True(t, service.ReadOnly, service.Name)
			}
			if service.Restart != "no" {
				assert.NotNil(t, service.HealthCheck, service.Name)
			}
		}
	})
}

// Other machines reach nothing but the proxy.
func TestPortsAreOnLoopback(t *testing.T) {
	t.Parallel()
	eachProject(t, func(t *testing.T, project *types.Project) {
		t.Helper()
		published := 0
		for _, service := range project.Services {
			for _, port := range service.Ports {
				published++
				if service.Name != "caddy" {
					assert.Equal(t, "127.0.0.1", port.HostIP, "%s: %s", service.Name, port.Published)
				}
			}
		}
		assert.Positive(t, published)
	})
}

// A one-shot makes "up --wait" fail unless somebody waits for its success.
func TestOneShotsAreWaitedFor(t *testing.T) {
	t.Parallel()
	eachProject(t, func(t *testing.T, project *types.Project) {
		t.Helper()
		for _, shot := range project.Services {
			if shot.Restart != "no" {
				continue
			}
			assert.True(t, slices.ContainsFunc(project.ServiceNames(), func(name string) bool {
				return project.Services[name].DependsOn[shot.Name].Condition == types.ServiceConditionCompletedSuccessfully
			}), "nobody waits for the success of %s", shot.Name)
		}
	})
}

// A single file that is mounted stays the old one when an editor puts another in
// its place.
func TestFoldersAreMounted(t *testing.T) {
	t.Parallel()
	eachProject(t, func(t *testing.T, project *types.Project) {
		t.Helper()
		for _, service := range project.Services {
			for _, volume := range service.Volumes {
				if volume.Type != types.VolumeTypeBind {
					continue
				}
				assert.True(t, volume.ReadOnly, service.Name)
				info, err := os.Stat(volume.Source)
				if assert.NoError(t, err, service.Name) {
					assert.True(t, info.IsDir(), "%s mounts the file %s", service.Name, volume.Source)
				}
			}
		}
		assert.Empty(t, project.Secrets)
		assert.Empty(t, project.Configs)
	})
}

func TestTheDatabasesPassword(t *testing.T) {
	t.Parallel()
	for _, env := range [][]string{{}, {"POSTGRES_PASSWORD="}} {
		_, err := load(t, env, production)
		require.ErrorContains(t, err, "POSTGRES_PASSWORD")
	}
	known := map[string]bool{"postgresql": true, "temporal": true, "temporal-schema": true}
	for _, service := range mustLoad(t, production, withCaddy).Services {
		knows := false
		for name, value := range service.Environment {
			knows = knows || name == "POSTGRES_PASSWORD" || value != nil && *value == databasePassword
		}
		assert.Equal(t, known[service.Name], knows, service.Name)
	}
}

// A tag that moves is another program one day.
func TestImagesAreOfOneVersion(t *testing.T) {
	t.Parallel()
	version := regexp.MustCompile(`:[0-9]+\.[0-9]+(\.[0-9]+)?[a-z0-9.-]*(@sha256:[0-9a-f]{64})?$`)
	eachProject(t, func(t *testing.T, project *types.Project) {
		t.Helper()
		for _, service := range project.Services {
			if !strings.HasSuffix(service.Image, ":local") {
				assert.Regexp(t, version, service.Image)
			}
		}
	})
	dockerfile, err := os.ReadFile("../Dockerfile")
	require.NoError(t, err)
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+:\S+)`).FindAllStringSubmatch(string(dockerfile), -1) {
		assert.Regexp(t, version, from[1])
	}
}

// What is configured in one file is explained in another.
func TestExamplesHaveEveryVariable(t *testing.T) {
	t.Parallel()
	text := func(path string) string {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(content)
	}
	used := func(in string) (names []string) {
		for _, match := range regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)`).FindAllStringSubmatch(in, -1) {
			if match[1] != "NAME" {
				names = append(names, match[1])
			}
		}
		return names
	}
	assignment := func(name string) *regexp.Regexp { return regexp.MustCompile(`(?m)^#?` + name + `=`) }
	compose := used(text("../"+production) + text("../"+withCaddy))
	require.NotEmpty(t, compose)
	for _, name := range compose {
		assert.Regexp(t, assignment(name), text("env.example"))
	}
	secrets := used(string(settings.Example()))
	require.NotEmpty(t, secrets)
	for _, name := range secrets {
		assert.Regexp(t, assignment(name), text("secrets.env.example"))
	}
	assert.NotRegexp(t, `(?m)^[A-Z_]+=.+`, text("secrets.env.example"), "no secret that everybody knows")
}
