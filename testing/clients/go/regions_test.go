//go:build regions

// The AWS SDK for Go v2 in the network of the suite `regions` (../regions): no endpoint is configured.
package clients

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// The SDK redirects nothing by itself: a user asks for the region, and makes a client for it.
func TestRegions(t *testing.T) {
	regional := func(region string) *s3.Client {
		loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithRetryMaxAttempts(1))
		check(t, err)
		return s3.NewFromConfig(loaded)
	}
	for _, pair := range strings.Split(os.Getenv("CAIRN_TEST_BUCKETS"), ",") {
		home, bucket, _ := strings.Cut(pair, "=")
		for _, hint := range []string{"us-east-1", "eu-west-1", "af-south-1"} {
			found, err := manager.GetBucketRegion(ctx, regional(hint), bucket)
			check(t, err)
			if found != home {
				t.Fatalf("asked in %s, %s is in %s, not in %q", hint, bucket, home, found)
			}
			answer, err := regional(found).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
			check(t, err)
			body, err := io.ReadAll(answer.Body)
			check(t, err)
			if string(body) != "body" {
				t.Fatalf("%q", body)
			}
			if hint != home {
				wrongRegion(t, regional(hint), bucket, home)
			}
		}
	}
	_, err := manager.GetBucketRegion(ctx, regional("eu-west-1"), "no-such-bucket-anywhere")
	var missing manager.BucketNotFound
	if !errors.As(err, &missing) {
		t.Fatalf("not BucketNotFound: %v", err)
	}
}

// wrongRegion checks that the refusal has what its user needs.
func wrongRegion(t *testing.T, client *s3.Client, bucket, home string) {
	t.Helper()
	_, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
	var coded smithy.APIError
	var answered *awshttp.ResponseError
	if !errors.As(err, &coded) || !errors.As(err, &answered) {
		t.Fatalf("not refused by the service: %v", err)
	}
	code := map[int]string{301: "PermanentRedirect", 400: "IllegalLocationConstraintException"}[answered.HTTPStatusCode()]
	if coded.ErrorCode() != code || answered.Response.Header.Get("X-Amz-Bucket-Region") != home {
		t.Fatalf("%v", err)
	}
}
