package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Libraries stand in assets/npm, where the build puts them; see tools/web.
//
//go:embed assets
var assetFiles embed.FS

// styles are the pages' own styles in one file: base.css first.
var styles = mustJoinStyles()

func mustJoinStyles() []byte {
	paths, err := fs.Glob(assetFiles, "assets/*.css")
	if err != nil {
		panic(err)
	}
	slices.SortFunc(paths, func(a, b string) int {
		switch "assets/base.css" {
		case a:
			return -1
		case b:
			return 1
		}
		return strings.Compare(a, b)
	})
	var all bytes.Buffer
	for _, p := range paths {
		text, err := assetFiles.ReadFile(p)
		if err != nil {
			panic(err)
		}
		all.Write(text)
		all.WriteByte('\n')
	}
	return all.Bytes()
}

// assetsVersion stands in the assets' URLs: with other content a browser asks for
// them again, and else never.
var assetsVersion = mustHashAssets()

func mustHashAssets() string {
	hash := sha256.New()
	err := fs.WalkDir(assetFiles, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := assetFiles.ReadFile(p)
		hash.Write(text)
		return err
	})
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(hash.Sum(nil))[:12]
}

// assetsComplete tells whether the libraries were there when this was built.
func assetsComplete() bool {
	for _, name := range []string{"htmx.min.js", "pico.min.css"} {
		if _, err := fs.Stat(assetFiles, path.Join("assets/npm", name)); err != nil {
			return false
		}
	}
	return true
}

// assetHandler serves the files, and no list of them.
func assetHandler() http.Handler {
	files := http.FileServerFS(assetFiles)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		joined := path.Base(name) == "styles.css"
		if file, err := fs.Stat(assetFiles, name); !joined && (err != nil || file.IsDir()) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		if joined {
			http.ServeContent(w, r, "styles.css", time.Time{}, bytes.NewReader(styles))
			return
		}
		files.ServeHTTP(w, r)
	})
}
