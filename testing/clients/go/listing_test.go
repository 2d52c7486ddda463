// Rows `odd_keys`, `listing_pages`, `listing_delimiter`, `batch_delete`.
package clients

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestOddKeys(t *testing.T) {
	client, bucket := newBucket(t)
	keys := oddKeys(t)
	for i, key := range keys {
		put(t, client, bucket, key, fmt.Appendf(nil, "body %d", i))
	}
	for i, key := range keys {
		same(t, key, get(t, client, bucket, key), fmt.Appendf(nil, "body %d", i))
	}
	for _, size := range []int32{1, 7, 1000} {
		var listed []string
		input := &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: &size}
		pages := s3.NewListObjectsV2Paginator(client, input)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			check(t, err)
			equal(t, "key count", int(*page.KeyCount), len(page.Contents))
			listed = append(listed, keysOf(page.Contents)...)
		}
		equalKeys(t, listed, keys)
	}
	for _, key := range keys {
		remove(t, client, bucket, &key, nil)
	}
	left, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	check(t, err)
	equal(t, "left", len(left.Contents), 0)
}

func TestListingPagesByMarker(t *testing.T) {
	client, bucket := newBucket(t)
	keys := oddKeys(t)
	for _, key := range keys {
		put(t, client, bucket, key, nil)
	}
	var listed []string
	var marker *string
	for {
		page, err := client.ListObjects(ctx, &s3.ListObjectsInput{Bucket: bucket, Marker: marker, MaxKeys: aws.Int32(5)})
		check(t, err)
		listed = append(listed, keysOf(page.Contents)...)
		if !*page.IsTruncated {
			break
		}
		marker = page.Contents[len(page.Contents)-1].Key
	}
	equalKeys(t, listed, keys)
}

func TestListingDelimiter(t *testing.T) {
	client, bucket := newBucket(t)
	keys := oddKeys(t)
	for _, key := range keys {
		put(t, client, bucket, key, nil)
	}
	for _, delimiter := range []string{"/", "%", " ", "😀"} {
		for _, prefix := range []string{"", "dots/", "/"} {
			wantKeys, wantPrefixes := folded(keys, prefix, delimiter)
			var gotKeys, gotPrefixes []string
			pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{
				Bucket: bucket, Delimiter: &delimiter, Prefix: &prefix, MaxKeys: aws.Int32(3),
			})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				check(t, err)
				gotKeys = append(gotKeys, keysOf(page.Contents)...)
				for _, common := range page.CommonPrefixes {
					gotPrefixes = append(gotPrefixes, *common.Prefix)
				}
			}
			equalKeys(t, gotKeys, wantKeys)
			equalKeys(t, gotPrefixes, wantPrefixes)
		}
	}
}

// folded is what a listing shows: keys, and common prefixes once each.
func folded(all []string, prefix, delimiter string) (keys, prefixes []string) {
	for _, key := range all {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		head, _, found := strings.Cut(rest, delimiter)
		common := prefix + head + delimiter
		if !found {
			keys = append(keys, key)
		} else if !slices.Contains(prefixes, common) {
			prefixes = append(prefixes, common)
		}
	}
	return keys, prefixes
}

func TestBatchDelete(t *testing.T) {
	client, bucket := newBucket(t)
	keys := oddKeys(t)
	var wanted []types.ObjectIdentifier
	for _, key := range keys {
		put(t, client, bucket, key, nil)
		wanted = append(wanted, types.ObjectIdentifier{Key: &key})
	}
	answer, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: wanted}})
	check(t, err)
	equal(t, "errors", len(answer.Errors), 0)
	var deleted []string
	for _, entry := range answer.Deleted {
		deleted = append(deleted, *entry.Key)
	}
	slices.Sort(deleted)
	equalKeys(t, deleted, keys)
	left, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	check(t, err)
	equal(t, "left", len(left.Contents), 0)
}

func equalKeys(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %q\nwant %q", got, want)
	}
}
