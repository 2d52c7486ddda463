package cairn;

import java.util.List;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The AWS SDK for Java v2 with {@code crossRegionAccessEnabled}, in the network of the suite `regions` (../regions): no
 * endpoint is configured. A program, not a test class: pytest starts it with the buckets of each region.
 */
final class Regions {
    private Regions() {}

    private static S3Client connect(Region region) {
        return S3Client.builder()
                .region(region)
                .crossRegionAccessEnabled(true)
                .overrideConfiguration(options -> options.retryStrategy(DefaultRetryStrategy.doNotRetry()))
                .build();
    }

    public static void main(String[] arguments) {
        var homes = System.getenv("CAIRN_TEST_BUCKETS").split(",");
        for (var region : List.of(Region.US_EAST_1, Region.EU_WEST_1, Region.AF_SOUTH_1)) {
            for (var pair : homes) {
                var bucket = pair.substring(pair.indexOf('=') + 1);
                // The client remembers a bucket's region, so each operation that is redirected has a client of its own.
                try (var client = connect(region)) {
                    expect("body", client.getObjectAsBytes(get -> get.bucket(bucket).key("k")).asUtf8String());
                    client.putObject(put -> put.bucket(bucket).key("java-key"), RequestBody.fromString("new"));
                }
                try (var client = connect(region)) {
                    client.putObject(put -> put.bucket(bucket).key("java-key"), RequestBody.fromString("newer"));
                    expect(5L, client.headObject(head -> head.bucket(bucket).key("java-key")).contentLength());
                }
                try (var client = connect(region)) {
                    var home = pair.substring(0, pair.indexOf('='));
                    expect(home, client.headBucket(head -> head.bucket(bucket)).bucketRegion());
                    expect(1, client.listObjectsV2(list -> list.bucket(bucket).prefix("java-key")).keyCount());
                }
            }
        }
        System.out.println(homes.length + " buckets");
    }

    private static void expect(Object wanted, Object got) {
        if (!wanted.equals(got)) {
            throw new AssertionError(got + ", not " + wanted);
        }
    }
}
