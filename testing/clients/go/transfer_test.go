// Rows `multipart_64mib`, `multipart_listing`, `versioning`, `copies`, `presigned`.
package clients

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func multipartETag(body []byte, part int) string {
	var digests []byte
	count := 0
	for ; len(body) > 0; count++ {
		sum := md5.Sum(body[:min(part, len(body))])
		digests = append(digests, sum[:]...)
		body = body[min(part, len(body)):]
	}
	sum := md5.Sum(digests)
	return fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(sum[:]), count)
}

func TestMultipart64MiBTransferManager(t *testing.T) {
	client, bucket := newBucket(t)
	body := pattern(64 * mib)
	transfers := transfermanager.New(client)
	up, err := transfers.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: bucket, Key: aws.String("large"), Body: bytes.NewReader(body),
	})
	check(t, err)
	equal(t, "etag", *up.ETag, multipartETag(body, 8*mib))
	down, err := transfers.GetObject(ctx, &transfermanager.GetObjectInput{Bucket: bucket, Key: aws.String("large")})
	check(t, err)
	got, err := io.ReadAll(down.Body)
	check(t, err)
	same(t, "body", got, body)

	input := &s3.GetObjectInput{Bucket: bucket, Key: aws.String("large"), PartNumber: aws.Int32(3)}
	third, err := client.GetObject(ctx, input)
	check(t, err)
	equal(t, "parts", *third.PartsCount, 8)
	same(t, "third part", read(t, third.Body), body[16*mib:24*mib])
}

func TestMultipart64MiBManager(t *testing.T) {
	client, bucket := newBucket(t)
	body := pattern(64 * mib)
	// A plain reader: the manager sees neither length nor a way back.
	reader := io.MultiReader(bytes.NewReader(body))
	_, err := manager.NewUploader(client).Upload(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("large"), Body: reader})
	check(t, err)
	target := manager.NewWriteAtBuffer(nil)
	_, err = manager.NewDownloader(client).Download(ctx, target, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("large")})
	check(t, err)
	same(t, "body", target.Bytes(), body)
}

func TestMultipartListing(t *testing.T) {
	client, bucket := newBucket(t)
	keys := oddKeys(t)[:7]
	uploads := map[string]*string{}
	for _, key := range keys {
		upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: &key})
		check(t, err)
		uploads[key] = upload.UploadId
	}
	var listed []string
	input := &s3.ListMultipartUploadsInput{Bucket: bucket, MaxUploads: aws.Int32(3)}
	pages := s3.NewListMultipartUploadsPaginator(client, input)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(t, err)
		for _, upload := range page.Uploads {
			listed = append(listed, *upload.Key)
			equal(t, "upload id", *upload.UploadId, *uploads[*upload.Key])
		}
	}
	equalKeys(t, listed, keys)

	var etags, gotETags []string
	for number := range int32(3) {
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: bucket, Key: &keys[0], UploadId: uploads[keys[0]],
			PartNumber: aws.Int32(number + 1), Body: strings.NewReader("part"),
		})
		check(t, err)
		etags = append(etags, *part.ETag)
	}
	parts := s3.NewListPartsPaginator(client, &s3.ListPartsInput{
		Bucket: bucket, Key: &keys[0], UploadId: uploads[keys[0]], MaxParts: aws.Int32(2),
	})
	for parts.HasMorePages() {
		page, err := parts.NextPage(ctx)
		check(t, err)
		for _, part := range page.Parts {
			gotETags = append(gotETags, *part.ETag)
		}
	}
	equalKeys(t, gotETags, etags)

	for key, upload := range uploads {
		input := &s3.AbortMultipartUploadInput{Bucket: bucket, Key: &key, UploadId: upload}
		_, err := client.AbortMultipartUpload(ctx, input)
		check(t, err)
	}
	_, err := client.ListParts(ctx, &s3.ListPartsInput{Bucket: bucket, Key: &keys[0], UploadId: uploads[keys[0]]})
	refused(t, err, "NoSuchUpload", 404)
}

func TestVersioning(t *testing.T) {
	client, bucket := newBucket(t)
	_, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	check(t, err)
	first := put(t, client, bucket, "object", []byte("first")).VersionId
	second := put(t, client, bucket, "object", []byte("second")).VersionId
	marker := remove(t, client, bucket, aws.String("object"), nil)
	equal(t, "delete marker", *marker.DeleteMarker, true)
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("object")})
	var noKey *types.NoSuchKey
	if !errors.As(err, &noKey) {
		t.Fatalf("got %v, want NoSuchKey", err)
	}
	byId := &s3.GetObjectInput{Bucket: bucket, Key: aws.String("object"), VersionId: marker.VersionId}
	_, err = client.GetObject(ctx, byId)
	refused(t, err, "MethodNotAllowed", 405)

	listing, err := client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: bucket})
	check(t, err)
	equal(t, "versions", len(listing.Versions), 2)
	equal(t, "newest", *listing.Versions[0].VersionId, *second)
	equal(t, "oldest", *listing.Versions[1].VersionId, *first)
	equal(t, "markers", len(listing.DeleteMarkers), 1)
	equal(t, "latest", *listing.DeleteMarkers[0].IsLatest, true)

	undone := remove(t, client, bucket, aws.String("object"), marker.VersionId)
	equal(t, "delete marker", *undone.DeleteMarker, true)
	same(t, "body", get(t, client, bucket, "object"), []byte("second"))
	remove(t, client, bucket, aws.String("object"), second)
	same(t, "body", get(t, client, bucket, "object"), []byte("first"))
}

func TestCopies(t *testing.T) {
	client, bucket := newBucket(t)
	for i, key := range oddKeys(t) {
		body := fmt.Appendf(nil, "body %d", i)
		put(t, client, bucket, key, body)
		source := aws.String(*bucket + "/" + strings.ReplaceAll(url.QueryEscape(key), "+", "%20"))
		_, err := client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copy"), CopySource: source})
		if err != nil {
			t.Fatalf("copy of %q: %v", key, err)
		}
		same(t, key, get(t, client, bucket, "copy"), body)
	}
	_, err := client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: bucket, Key: aws.String("copy"), CopySource: aws.String(*bucket + "/plain"),
		MetadataDirective: types.MetadataDirectiveReplace, Metadata: map[string]string{"new": "yes"},
	})
	check(t, err)
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("copy")})
	check(t, err)
	equal(t, "metadata", head.Metadata["new"], "yes")
}

func TestPresigned(t *testing.T) {
	client, bucket := newBucket(t)
	presign := s3.NewPresignClient(client)
	for _, key := range []string{"plain", "odd key+/../%2F=&😀"} {
		signed, err := presign.PresignPutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: &key, ContentType: aws.String("text/plain"),
		})
		check(t, err)
		status, _ := fetch(t, signed.Method, signed.URL, signed.SignedHeader, "sent")
		equal(t, "put", status, 200)
		got, err := presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key})
		check(t, err)
		status, body := fetch(t, got.Method, got.URL, got.SignedHeader, "")
		equal(t, "get", status, 200)
		equal(t, "body", body, "sent")
		status, body = fetch(t, "GET", got.URL+"&response-content-type=x", got.SignedHeader, "")
		equal(t, "changed", status, 403)
		equal(t, "code", strings.Contains(body, "<Code>SignatureDoesNotMatch</Code>"), true)
	}
}

// fetch uses the URL as any program would.
func fetch(t *testing.T, method, address string, headers http.Header, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	check(t, err)
	for name, values := range headers {
		if name != "Host" && name != "Content-Length" {
			request.Header[name] = values
		}
	}
	answer, err := http.DefaultClient.Do(request)
	check(t, err)
	return answer.StatusCode, string(read(t, answer.Body))
}
