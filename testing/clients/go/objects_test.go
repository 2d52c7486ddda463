// Rows `buckets`, `addressing`, `objects`, `ranges`, `metadata`, `tags`, `conditional_writes`, `checksums`, `errors`.
package clients

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func etag(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func TestBuckets(t *testing.T) {
	client, bucket := newBucket(t)
	head, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: bucket})
	check(t, err)
	equal(t, "region", aws.ToString(head.BucketRegion), "us-east-1")
	location, err := client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: bucket})
	check(t, err)
	equal(t, "location", location.LocationConstraint, "")
	list, err := client.ListBuckets(ctx, &s3.ListBucketsInput{Prefix: bucket})
	check(t, err)
	equal(t, "buckets", len(list.Buckets), 1)
	equal(t, "bucket", *list.Buckets[0].Name, *bucket)

	absent := aws.String(*bucket + "-absent")
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: absent})
	var notFound *types.NotFound
	if !errors.As(err, &notFound) {
		t.Fatalf("got %v, want NotFound", err)
	}
}

func TestAddressingVirtualHosted(t *testing.T) {
	_, bucket := newBucket(t)
	var hosts []string
	spy := func(options *s3.Options) {
		options.HTTPClient = recorder{options.HTTPClient, &hosts}
	}
	client := connect(t, "http://s3.localhost:"+endpoint(t).Port(), spy)
	key := "odd key+/../x"
	put(t, client, bucket, key, []byte("addressed"))
	same(t, "body", get(t, client, bucket, key), []byte("addressed"))
	for _, host := range hosts {
		equal(t, "host", host, *bucket+".s3.localhost:"+endpoint(t).Port())
	}
	equal(t, "requests", len(hosts), 2)
}

// recorder notes which host each request went to.
type recorder struct {
	next  s3.HTTPClient
	hosts *[]string
}

func (r recorder) Do(request *http.Request) (*http.Response, error) {
	*r.hosts = append(*r.hosts, request.URL.Host)
	return r.next.Do(request)
}

func TestObjects(t *testing.T) {
	client, bucket := newBucket(t)
	for _, length := range []int{0, 1, 1024, 65536, 1_500_000} {
		body := pattern(length)
		answer := put(t, client, bucket, "object", body)
		equal(t, "etag", *answer.ETag, etag(body))
		// A deviation, in docs/semantics.md: nothing is encrypted yet, so nothing says so.
		equal(t, "encryption", answer.ServerSideEncryption, "")
		head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("object")})
		check(t, err)
		equal(t, "length", *head.ContentLength, int64(length))
		equal(t, "etag", *head.ETag, etag(body))
		same(t, "body", get(t, client, bucket, "object"), body)
	}
	remove(t, client, bucket, aws.String("object"), nil)
	_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("object")})
	var notFound *types.NotFound
	if !errors.As(err, &notFound) {
		t.Fatalf("got %v, want NotFound", err)
	}
}

func TestRanges(t *testing.T) {
	client, bucket := newBucket(t)
	body := pattern(3_000_000)
	put(t, client, bucket, "object", body)
	for asked, want := range map[string][2]int{
		"bytes=0-9":             {0, 9},
		"bytes=1048570-1048580": {1_048_570, 1_048_580},
		"bytes=2999990-":        {2_999_990, 2_999_999},
		"bytes=-7":              {2_999_993, 2_999_999},
	} {
		got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("object"), Range: &asked})
		check(t, err)
		same(t, asked, read(t, got.Body), body[want[0]:want[1]+1])
		equal(t, asked, *got.ContentRange, fmt.Sprintf("bytes %d-%d/3000000", want[0], want[1]))
	}
	input := &s3.GetObjectInput{Bucket: bucket, Key: aws.String("object"), Range: aws.String("bytes=3000000-")}
	_, err := client.GetObject(ctx, input)
	refused(t, err, "InvalidRange", 416)
}

func TestMetadata(t *testing.T) {
	client, bucket := newBucket(t)
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String("object"), Body: strings.NewReader("x"),
		Metadata:    map[string]string{"Colour": "blue", "utf8": "Grüße"},
		ContentType: aws.String("text/plain"), CacheControl: aws.String("max-age=60"),
	})
	check(t, err)
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("object")})
	check(t, err)
	// Raw UTF-8 in a header comes back as Amazon gives it back: an RFC 2047 word.
	word := head.Metadata["utf8"]
	decoded, err := new(mime.WordDecoder).Decode(word)
	if err != nil {
		t.Fatalf("%q: %v", word, err)
	}
	head.Metadata["utf8"] = decoded
	want := map[string]string{"colour": "blue", "utf8": "Grüße"}
	if !maps.Equal(head.Metadata, want) {
		t.Fatalf("got %v, want %v", head.Metadata, want)
	}
	equal(t, "type", *head.ContentType, "text/plain")
	equal(t, "cache control", *head.CacheControl, "max-age=60")
}

func TestTags(t *testing.T) {
	client, bucket := newBucket(t)
	put(t, client, bucket, "object", []byte("x"))
	tags := []types.Tag{
		{Key: aws.String("colour"), Value: aws.String("blue + green")},
		{Key: aws.String("größe"), Value: aws.String("")},
	}
	key := aws.String("object")
	set := &types.Tagging{TagSet: tags}
	_, err := client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: set})
	check(t, err)
	got, err := client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
	check(t, err)
	equalTags(t, got.TagSet, tags)
	_, err = client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: bucket, Key: key})
	check(t, err)
	got, err = client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
	check(t, err)
	equalTags(t, got.TagSet, nil)

	_, err = client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: bucket, Tagging: set})
	check(t, err)
	ofBucket, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})
	check(t, err)
	equalTags(t, ofBucket.TagSet, tags)
	_, err = client.DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: bucket})
	check(t, err)
	_, err = client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})
	refused(t, err, "NoSuchTagSet", 404)
}

func equalTags(t *testing.T, got, want []types.Tag) {
	t.Helper()
	text := func(tags []types.Tag) []string {
		var lines []string
		for _, tag := range tags {
			lines = append(lines, *tag.Key+"="+aws.ToString(tag.Value))
		}
		slices.Sort(lines)
		return lines
	}
	if !slices.Equal(text(got), text(want)) {
		t.Fatalf("got %q, want %q", text(got), text(want))
	}
}

func TestConditionalWrites(t *testing.T) {
	client, bucket := newBucket(t)
	write := func(body string, change func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
		input := &s3.PutObjectInput{Bucket: bucket, Key: aws.String("object"), Body: strings.NewReader(body)}
		change(input)
		return client.PutObject(ctx, input)
	}
	absent := func(input *s3.PutObjectInput) { input.IfNoneMatch = aws.String("*") }
	first, err := write("first", absent)
	check(t, err)
	_, err = write("second", absent)
	refused(t, err, "PreconditionFailed", 412)
	same(t, "body", get(t, client, bucket, "object"), []byte("first"))
	_, err = write("third", func(input *s3.PutObjectInput) { input.IfMatch = aws.String(etag([]byte("other"))) })
	refused(t, err, "PreconditionFailed", 412)
	_, err = write("fourth", func(input *s3.PutObjectInput) { input.IfMatch = first.ETag })
	check(t, err)
	same(t, "body", get(t, client, bucket, "object"), []byte("fourth"))
}

func TestChecksums(t *testing.T) {
	client, bucket := newBucket(t)
	body := pattern(300_000)
	word := func(sum uint32) []byte { return binary.BigEndian.AppendUint32(nil, sum) }
	one, two, five := sha1.Sum(body), sha256.Sum256(body), sha512.Sum512(body)
	nvme := crc64.MakeTable(0x9a6c9329ac4bc9b5)
	expected := map[types.ChecksumAlgorithm][]byte{
		types.ChecksumAlgorithmCrc32:     word(crc32.ChecksumIEEE(body)),
		types.ChecksumAlgorithmCrc32c:    word(crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))),
		types.ChecksumAlgorithmCrc64nvme: binary.BigEndian.AppendUint64(nil, crc64.Checksum(body, nvme)),
		types.ChecksumAlgorithmSha1:      one[:],
		types.ChecksumAlgorithmSha256:    two[:],
		types.ChecksumAlgorithmSha512:    five[:],
	}
	for algorithm, sum := range expected {
		want := base64.StdEncoding.EncodeToString(sum)
		key := aws.String("with " + string(algorithm))
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: key, Body: bytes.NewReader(body), ChecksumAlgorithm: algorithm,
		})
		check(t, err)
		got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
		check(t, err)
		// The SDK compares the checksum while the body is read.
		same(t, string(algorithm), read(t, got.Body), body)
		sums := []*string{
			got.ChecksumCRC32, got.ChecksumCRC32C, got.ChecksumCRC64NVME,
			got.ChecksumSHA1, got.ChecksumSHA256, got.ChecksumSHA512,
		}
		given := slices.DeleteFunc(sums, func(sum *string) bool { return sum == nil })
		equal(t, string(algorithm)+": checksums", len(given), 1)
		equal(t, string(algorithm), *given[0], want)
		equal(t, string(algorithm)+": type", got.ChecksumType, types.ChecksumTypeFullObject)
	}

	// By default the SDK sends CRC32.
	answer := put(t, client, bucket, "default", body)
	want := base64.StdEncoding.EncodeToString(expected[types.ChecksumAlgorithmCrc32])
	equal(t, "default checksum", aws.ToString(answer.ChecksumCRC32), want)
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String("wrong"), Body: bytes.NewReader(body), ChecksumCRC32: aws.String("AAAAAA=="),
	})
	refused(t, err, "BadDigest", 400)
}

func TestErrors(t *testing.T) {
	client, bucket := newBucket(t)
	_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("absent")})
	var noKey *types.NoSuchKey
	if !errors.As(err, &noKey) {
		t.Fatalf("got %v, want NoSuchKey", err)
	}
	equal(t, "message", noKey.ErrorMessage(), "The specified key does not exist.")
	_, err = client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(*bucket + "-absent")})
	var noBucket *types.NoSuchBucket
	if !errors.As(err, &noBucket) {
		t.Fatalf("got %v, want NoSuchBucket", err)
	}
	put(t, client, bucket, "object", []byte("x"))
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket})
	refused(t, err, "BucketNotEmpty", 409)
	_, err = client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("Not.A.Bucket_Name")})
	refused(t, err, "InvalidBucketName", 400)
}
