// The AWS SDK for Go v2 against Cairn; the tests are named after the rows of ../README.md.
//
// Here: the client with the SDK's defaults, a bucket of its own for each test, the shared data.
package clients

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const mib = 1024 * 1024

var ctx = context.Background()

// connect returns a client with default checksums and signing, which knows *.localhost.
// It tries once only: a retry would hide a failing server.
func connect(t *testing.T, endpoint string, options ...func(*s3.Options)) *s3.Client {
	t.Helper()
	dialer := &net.Dialer{}
	transport := awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return dialer.DialContext(ctx, network, address)
		}
	})
	loaded, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(transport), config.WithRetryMaxAttempts(1))
	check(t, err)
	options = append([]func(*s3.Options){func(o *s3.Options) { o.BaseEndpoint = &endpoint }}, options...)
	return s3.NewFromConfig(loaded, options...)
}

// pathStyle is what a server at an IP address needs.
func pathStyle(options *s3.Options) { options.UsePathStyle = true }

func endpoint(t *testing.T) *url.URL {
	t.Helper()
	parsed, err := url.Parse(os.Getenv("CAIRN_TEST_ENDPOINT"))
	check(t, err)
	return parsed
}

// newBucket returns a client and a fresh bucket, which is removed with everything in it when the test ends.
func newBucket(t *testing.T) (*s3.Client, *string) {
	t.Helper()
	client := connect(t, endpoint(t).String(), pathStyle)
	bucket := aws.String("go-" + strings.ToLower(rand.Text()))
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
	check(t, err)
	t.Cleanup(func() { destroy(t, client, bucket) })
	return client, bucket
}

func destroy(t *testing.T, client *s3.Client, bucket *string) {
	t.Helper()
	versions := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: bucket})
	for versions.HasMorePages() {
		page, err := versions.NextPage(ctx)
		check(t, err)
		for _, version := range page.Versions {
			remove(t, client, bucket, version.Key, version.VersionId)
		}
		for _, marker := range page.DeleteMarkers {
			remove(t, client, bucket, marker.Key, marker.VersionId)
		}
	}
	_, err := client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket})
	check(t, err)
}

func remove(t *testing.T, client *s3.Client, bucket, key, version *string) *s3.DeleteObjectOutput {
	t.Helper()
	output, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: version})
	check(t, err)
	return output
}

func put(t *testing.T, client *s3.Client, bucket *string, key string, body []byte) *s3.PutObjectOutput {
	t.Helper()
	output, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return output
}

func get(t *testing.T, client *s3.Client, bucket *string, key string) []byte {
	t.Helper()
	output, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key})
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	return read(t, output.Body)
}

func read(t *testing.T, body io.ReadCloser) []byte {
	t.Helper()
	defer body.Close()
	all, err := io.ReadAll(body)
	check(t, err)
	return all
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Fatalf("%s: got %d bytes, want %d, and they differ", what, len(got), len(want))
	}
}

// refused checks the error's code and status.
func refused(t *testing.T, err error, code string, status int) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Fatalf("got %v, want code %s", err, code)
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != status {
		t.Fatalf("got %v, want status %d", err, status)
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
	block = block[:blockBytes]
	return bytes.Repeat(block, length/blockBytes+1)[:length]
}

// oddKeys are the shared keys, in UTF-8 order.
func oddKeys(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../shared/odd-keys.json")
	check(t, err)
	var keys []string
	check(t, json.Unmarshal(text, &keys))
	return keys
}

func keysOf(objects []types.Object) []string {
	var keys []string
	for _, object := range objects {
		keys = append(keys, *object.Key)
	}
	return keys
}
