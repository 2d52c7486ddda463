package cairn;

import static cairn.Cairn.CLIENT;
import static cairn.Cairn.MIB;
import static cairn.Cairn.ODD_KEYS;
import static cairn.Cairn.assertRefused;
import static cairn.Cairn.assertSame;
import static cairn.Cairn.pattern;
import static cairn.Cairn.slice;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import cairn.Cairn.Bucket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** Rows multipart_64mib, multipart_listing, versioning, presigned. */
class TransferTest {
    /** The Java-based asynchronous client, which splits uploads and downloads by itself, under the transfer manager. */
    @Test
    void multipart64mib(@TempDir Path folder) throws Exception {
        var body = pattern(64 * MIB);
        var source = Files.write(folder.resolve("source"), body);
        var target = folder.resolve("target");
        try (var bucket = new Bucket();
                var async = S3AsyncClient.builder().endpointOverride(Cairn.ENDPOINT).region(Region.US_EAST_1)
                        .forcePathStyle(true).multipartEnabled(true).build();
                var transfers = S3TransferManager.builder().s3Client(async).build()) {
            var up = transfers.uploadFile(r -> r.source(source)
                    .putObjectRequest(p -> p.bucket(bucket.name()).key("large"))).completionFuture().join();
            assertTrue(up.response().eTag().matches("\"[0-9a-f]{32}-8\""), up.response().eTag());
            transfers.downloadFile(r -> r.destination(target)
                    .getObjectRequest(g -> g.bucket(bucket.name()).key("large"))).completionFuture().join();
            assertSame(body, Files.readAllBytes(target));
            assertSame(body, bucket.get("large"));
            var third = CLIENT.getObjectAsBytes(r -> r.bucket(bucket.name()).key("large").partNumber(3));
            assertEquals(8, third.response().partsCount());
            assertSame(slice(body, 16 * MIB, 24 * MIB), third.asByteArray());
        }
    }

    @Test
    void multipartListing() {
        try (var bucket = new Bucket()) {
            var name = bucket.name();
            var uploads = new LinkedHashMap<String, String>();
            for (var key : ODD_KEYS.subList(0, 7)) {
                uploads.put(key, CLIENT.createMultipartUpload(r -> r.bucket(name).key(key)).uploadId());
            }
            var listed = new LinkedHashMap<String, String>();
            for (var page : CLIENT.listMultipartUploadsPaginator(r -> r.bucket(name).maxUploads(3))) {
                page.uploads().forEach(upload -> listed.put(upload.key(), upload.uploadId()));
            }
            assertEquals(List.copyOf(uploads.entrySet()), List.copyOf(listed.entrySet()));

            var key = ODD_KEYS.get(0);
            var id = uploads.get(key);
            var etags = new ArrayList<String>();
            for (int number = 1; number <= 3; number++) {
                int part = number;
                var body = RequestBody.fromString("part");
                etags.add(CLIENT.uploadPart(r -> r.bucket(name).key(key).uploadId(id).partNumber(part), body).eTag());
            }
            var parts = CLIENT.listPartsPaginator(r -> r.bucket(name).key(key).uploadId(id).maxParts(2)).parts();
            assertEquals(etags, parts.stream().map(Part::eTag).toList());

            uploads.forEach((k, upload) -> CLIENT.abortMultipartUpload(r -> r.bucket(name).key(k).uploadId(upload)));
            assertRefused("NoSuchUpload", 404, () -> CLIENT.listParts(r -> r.bucket(name).key(key).uploadId(id)));
        }
    }

    @Test
    void versioning() {
        try (var bucket = new Bucket()) {
            var name = bucket.name();
            CLIENT.putBucketVersioning(
                    r -> r.bucket(name).versioningConfiguration(c -> c.status(BucketVersioningStatus.ENABLED)));
            var first = bucket.put("object", "first").versionId();
            var second = bucket.put("object", "second").versionId();
            var marker = CLIENT.deleteObject(r -> r.bucket(name).key("object"));
            assertTrue(marker.deleteMarker());
            assertRefused("NoSuchKey", 404, () -> bucket.get("object"));
            assertRefused("MethodNotAllowed", 405, () ->
                    CLIENT.getObject(r -> r.bucket(name).key("object").versionId(marker.versionId())));
            var old = CLIENT.getObjectAsBytes(r -> r.bucket(name).key("object").versionId(first));
            assertEquals("first", old.asUtf8String());

            var listing = CLIENT.listObjectVersions(r -> r.bucket(name));
            assertEquals(List.of(second, first), listing.versions().stream().map(v -> v.versionId()).toList());
            assertEquals(List.of(marker.versionId()), listing.deleteMarkers().stream().map(m -> m.versionId()).toList());
            assertTrue(listing.deleteMarkers().get(0).isLatest());

            var undone = CLIENT.deleteObject(r -> r.bucket(name).key("object").versionId(marker.versionId()));
            assertTrue(undone.deleteMarker());
            assertEquals("second", bucket.text("object"));
            CLIENT.deleteObject(r -> r.bucket(name).key("object").versionId(second));
            assertEquals("first", bucket.text("object"));
        }
    }

    /** URLs made by the SDK, used by another client: the JDK's own. */
    @Test
    void presigned() throws Exception {
        try (var bucket = new Bucket();
                var presigner = S3Presigner.builder().endpointOverride(Cairn.ENDPOINT).region(Region.US_EAST_1)
                        .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build()).build()) {
            for (var key : List.of("plain", "odd key+/%2F=&😀")) {
                var put = presigner.presignPutObject(r -> r.signatureDuration(Duration.ofMinutes(1))
                        .putObjectRequest(p -> p.bucket(bucket.name()).key(key).contentType("text/plain")));
                var sent = HttpRequest.newBuilder(URI.create(put.url().toString()))
                        .header("Content-Type", "text/plain").PUT(BodyPublishers.ofString("sent")).build();
                assertEquals(200, fetch(sent).statusCode());
                var get = presigner.presignGetObject(r -> r.signatureDuration(Duration.ofMinutes(1))
                        .getObjectRequest(g -> g.bucket(bucket.name()).key(key)));
                var got = fetch(HttpRequest.newBuilder(URI.create(get.url().toString())).build());
                assertEquals("sent", got.body());
                var changed = URI.create(get.url() + "&response-content-type=x");
                var refused = fetch(HttpRequest.newBuilder(changed).build());
                assertEquals(403, refused.statusCode());
                assertTrue(refused.body().contains("<Code>SignatureDoesNotMatch</Code>"), refused.body());
            }
        }
    }

    private static java.net.http.HttpResponse<String> fetch(HttpRequest request) throws Exception {
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        return client.send(request, BodyHandlers.ofString());
    }
}
