// rclone against Cairn; the tests are named after the rows of ../README.md.
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const mib = 1024 * 1024

// rclone runs the program and returns what it printed. It must succeed, without a retry or another complaint.
func rclone(t *testing.T, stdin io.Reader, words ...string) string {
	t.Helper()
	printed, said, err := try(t, stdin, words...)
	if err != nil || strings.Contains(said, "ERROR") {
		t.Fatalf("rclone %s: %v\n%s", strings.Join(words, " "), err, said)
	}
	return printed
}

// try runs the program with rclone's defaults for a server it does not know by name: the remote is `cairn:`.
func try(t *testing.T, stdin io.Reader, words ...string) (printed, said string, err error) {
	t.Helper()
	command := exec.Command(os.Getenv("CAIRN_TEST_RCLONE"), append([]string{"--retries=1", "--low-level-retries=1"}, words...)...)
	command.Env = append(os.Environ(),
		"RCLONE_CONFIG=",
		"RCLONE_CONFIG_CAIRN_TYPE=s3",
		"RCLONE_CONFIG_CAIRN_PROVIDER=Other",
		"RCLONE_CONFIG_CAIRN_ENV_AUTH=true",
		"RCLONE_CONFIG_CAIRN_ENDPOINT="+os.Getenv("CAIRN_TEST_ENDPOINT"),
	)
	var out, errors bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = stdin, &out, &errors
	err = command.Run()
	return out.String(), errors.String(), err
}

// newBucket returns the remote name of a fresh bucket, which is purged when the test ends.
func newBucket(t *testing.T) string {
	t.Helper()
	bucket := "cairn:rclone-" + strings.ToLower(rand.Text())
	rclone(t, nil, "mkdir", bucket)
	t.Cleanup(func() { rclone(t, nil, "purge", bucket) })
	return bucket
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// pattern returns the shared test data: a block of prime length made of SHA-256 digests, repeated.
func pattern(length int) []byte {
	const blockBytes = 1_048_573
	block := make([]byte, 0, blockBytes+sha256.Size)
	for i := 0; len(block) < blockBytes; i++ {
		digest := sha256.Sum256(fmt.Appendf(nil, "cairn%d", i))
		block = append(block, digest[:]...)
	}
	return bytes.Repeat(block[:blockBytes], length/blockBytes+1)[:length]
}

// fileKeys are the shared odd keys that can be the paths of files in one folder.
func fileKeys(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../shared/odd-keys.json")
	var keys []string
	if err == nil {
		err = json.Unmarshal(text, &keys)
	}
	if err != nil {
		t.Fatal(err)
	}
	keys = slices.DeleteFunc(keys, func(key string) bool {
		return slices.ContainsFunc(strings.Split(key, "/"), func(part string) bool {
			return part == "" || part == "." || part == ".." || len(part) > 255
		})
	})
	all := slices.Clone(keys)
	return slices.DeleteFunc(keys, func(key string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return strings.HasPrefix(other, key+"/") })
	})
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func readAll(t *testing.T, folder string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		contents[strings.TrimPrefix(path, folder+"/")] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

func TestObjects(t *testing.T) {
	bucket := newBucket(t)
	for _, length := range []int{0, 1, 100_000} {
		body := pattern(length)
		file := filepath.Join(t.TempDir(), "source")
		write(t, file, body)
		rclone(t, nil, "copyto", file, bucket+"/object")
		equal(t, "same body", rclone(t, nil, "cat", bucket+"/object") == string(body), true)
	}
	rclone(t, nil, "deletefile", bucket+"/object")
	equal(t, "listing", rclone(t, nil, "lsf", bucket), "")
}

func TestRanges(t *testing.T) {
	bucket := newBucket(t)
	body := pattern(100_000)
	rclone(t, bytes.NewReader(body), "rcat", bucket+"/object")
	got := rclone(t, nil, "cat", "--offset=70000", "--count=10", bucket+"/object")
	equal(t, "range", got, string(body[70_000:70_010]))
}

func TestMultipart64MiB(t *testing.T) {
	bucket := newBucket(t)
	body := pattern(64 * mib)
	folder := t.TempDir()
	write(t, folder+"/source", body)
	// By default files below 200 MiB go in one request; streams of unknown length always go in parts.
	rclone(t, nil, "copyto", folder+"/source", bucket+"/whole")
	rclone(t, nil, "copyto", "--s3-upload-cutoff=8Mi", "--s3-chunk-size=8Mi", folder+"/source", bucket+"/parts")
	rclone(t, bytes.NewReader(body), "rcat", bucket+"/stream")
	for _, name := range []string{"whole", "parts", "stream"} {
		rclone(t, nil, "copyto", bucket+"/"+name, folder+"/"+name)
		got, err := os.ReadFile(folder + "/" + name)
		equal(t, name, err == nil && bytes.Equal(got, body), true)
	}
	// Copied by the server, part by part.
	rclone(t, nil, "copyto", "--s3-copy-cutoff=16Mi", bucket+"/parts", bucket+"/copy")
	equal(t, "copy", rclone(t, nil, "cat", bucket+"/copy") == string(body), true)
}

func TestOddKeys(t *testing.T) {
	bucket := newBucket(t)
	source, target := t.TempDir(), t.TempDir()
	want := map[string]string{}
	for i, key := range fileKeys(t) {
		want[key] = fmt.Sprintf("contents of %d", i)
		write(t, filepath.Join(source, key), []byte(want[key]))
	}
	rclone(t, nil, "sync", source, bucket)
	rclone(t, nil, "check", source, bucket)
	// Pages of five, and by folder instead of recursively.
	rclone(t, nil, "sync", "--s3-list-chunk=5", bucket, target)
	equal(t, "same files", maps.Equal(readAll(t, target), want), true)
	again := rclone(t, nil, "sync", "--combined=-", source, bucket)
	for _, line := range strings.Split(strings.TrimRight(again, "\n"), "\n") {
		if strings.HasPrefix(line, "+ ") || strings.HasPrefix(line, "* ") {
			t.Fatalf("sync is not done: %q", line)
		}
	}
}

func TestListingPages(t *testing.T) {
	bucket := newBucket(t)
	source := t.TempDir()
	var want []string
	for i := range 25 {
		name := fmt.Sprintf("folder %d+/file%%%02d", i%3, i)
		write(t, filepath.Join(source, name), []byte{byte(i)})
		want = append(want, name)
	}
	slices.Sort(want)
	rclone(t, nil, "copy", source, bucket)
	for _, version := range []string{"1", "2"} {
		printed := rclone(t, nil, "lsf", "-R", "--files-only", "--s3-list-chunk=4", "--s3-list-version="+version, bucket)
		got := strings.Split(strings.TrimSpace(printed), "\n")
		slices.Sort(got)
		equal(t, "listing", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	equal(t, "folders", rclone(t, nil, "lsf", bucket), "folder 0+/\nfolder 1+/\nfolder 2+/\n")
}

func TestCopiesAndMetadata(t *testing.T) {
	bucket := newBucket(t)
	rclone(t, strings.NewReader("copied"), "rcat", bucket+"/odd key+%é")
	rclone(t, nil, "copyto", bucket+"/odd key+%é", bucket+"/copy")
	rclone(t, nil, "moveto", bucket+"/copy", bucket+"/moved")
	equal(t, "moved", rclone(t, nil, "cat", bucket+"/moved"), "copied")
	equal(t, "listing", rclone(t, nil, "lsf", bucket), "moved\nodd key+%é\n")
	// rclone keeps a file's time in the object's metadata.
	file := filepath.Join(t.TempDir(), "timed")
	write(t, file, []byte("x"))
	rclone(t, nil, "copyto", file, bucket+"/timed")
	listed := rclone(t, nil, "lsjson", "--metadata", bucket+"/timed")
	equal(t, "mtime", strings.Contains(listed, `"mtime"`), true)
}

func TestVersioning(t *testing.T) {
	bucket := newBucket(t)
	_, said, err := try(t, nil, "backend", "versioning", bucket, "Enabled")
	if err != nil {
		t.Fatalf("versioning: %v\n%s", err, said)
	}
	rclone(t, strings.NewReader("first"), "rcat", bucket+"/object.txt")
	// rclone names a version by its time, and S3 tells times by the second.
	time.Sleep(1100 * time.Millisecond)
	rclone(t, strings.NewReader("second"), "rcat", bucket+"/object.txt")
	rclone(t, nil, "deletefile", bucket+"/object.txt")
	equal(t, "listing", rclone(t, nil, "lsf", bucket), "")
	names := strings.Fields(rclone(t, nil, "lsf", "--s3-versions", bucket))
	equal(t, "versions", len(names), 2)
	var bodies []string
	for _, name := range names {
		bodies = append(bodies, rclone(t, nil, "cat", "--s3-versions", bucket+"/"+name))
	}
	slices.Sort(bodies)
	equal(t, "bodies", strings.Join(bodies, ","), "first,second")
	rclone(t, nil, "backend", "cleanup-hidden", bucket)
	equal(t, "versions", rclone(t, nil, "lsf", "--s3-versions", bucket), "")
}

func TestPresigned(t *testing.T) {
	bucket := newBucket(t)
	rclone(t, strings.NewReader("presigned"), "rcat", bucket+"/odd key+&=é")
	url := strings.TrimSpace(rclone(t, nil, "link", "--expire=1m", bucket+"/odd key+&=é"))
	status, body := fetch(t, url)
	equal(t, "status", status, 200)
	equal(t, "body", body, "presigned")
	status, _ = fetch(t, url+"&response-content-type=x")
	equal(t, "status of a changed URL", status, 403)
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestErrors(t *testing.T) {
	_, said, err := try(t, nil, "lsf", "cairn:rclone-absent-"+strings.ToLower(rand.Text()))
	if err == nil || !strings.Contains(said, "directory not found") {
		t.Fatalf("got %v\n%s", err, said)
	}
}
