package cairn;

import static cairn.Cairn.CLIENT;
import static cairn.Cairn.ODD_KEYS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import cairn.Cairn.Bucket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Rows odd_keys, listing_pages, listing_delimiter, batch_delete, copies. */
class ListingTest {
    private static Bucket filled() {
        var bucket = new Bucket();
        for (int i = 0; i < ODD_KEYS.size(); i++) {
            bucket.put(ODD_KEYS.get(i), "body " + i);
        }
        return bucket;
    }

    @Test
    void oddKeys() {
        try (var bucket = filled()) {
            for (int i = 0; i < ODD_KEYS.size(); i++) {
                assertEquals("body " + i, bucket.text(ODD_KEYS.get(i)), ODD_KEYS.get(i));
            }
            for (var key : ODD_KEYS) {
                CLIENT.deleteObject(request -> request.bucket(bucket.name()).key(key));
            }
            assertEquals(0, CLIENT.listObjectsV2(request -> request.bucket(bucket.name())).keyCount());
        }
    }

    @Test
    void listingPages() {
        try (var bucket = filled()) {
            for (int size : List.of(1, 7, 1000)) {
                var pages = CLIENT.listObjectsV2Paginator(request -> request.bucket(bucket.name()).maxKeys(size));
                assertEquals(ODD_KEYS, pages.contents().stream().map(S3Object::key).toList(), "pages of " + size);
            }
        }
    }

    @Test
    void listingDelimiter() {
        try (var bucket = filled()) {
            for (var delimiter : List.of("/", "%", " ", "😀")) {
                for (var prefix : List.of("", "dots/", "/")) {
                    var pages = CLIENT.listObjectsV2Paginator(
                            r -> r.bucket(bucket.name()).delimiter(delimiter).prefix(prefix).maxKeys(3));
                    var keys = pages.contents().stream().map(S3Object::key).toList();
                    var prefixes = pages.commonPrefixes().stream().map(CommonPrefix::prefix).toList();
                    var want = folded(prefix, delimiter);
                    assertEquals(want.getKey(), keys, prefix + " " + delimiter);
                    assertEquals(want.getValue(), prefixes, prefix + " " + delimiter);
                }
            }
        }
    }

    /** What a listing shows: keys, and common prefixes once each. */
    private static Map.Entry<List<String>, List<String>> folded(String prefix, String delimiter) {
        var keys = new ArrayList<String>();
        var prefixes = new LinkedHashSet<String>();
        for (var key : ODD_KEYS) {
            if (!key.startsWith(prefix)) {
                continue;
            }
            int at = key.indexOf(delimiter, prefix.length());
            if (at < 0) {
                keys.add(key);
            } else {
                prefixes.add(key.substring(0, at + delimiter.length()));
            }
        }
        return Map.entry(keys, List.copyOf(prefixes.stream().toList()));
    }

    @Test
    void batchDelete() {
        try (var bucket = filled()) {
            var wanted = ODD_KEYS.stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
            var answer = CLIENT.deleteObjects(r -> r.bucket(bucket.name()).delete(d -> d.objects(wanted)));
            assertFalse(answer.hasErrors(), answer.errors().toString());
            var deleted = answer.deleted().stream().map(DeletedObject::key).toList();
            assertEquals(ODD_KEYS.size(), deleted.size());
            assertEquals(new HashSet<>(ODD_KEYS), new HashSet<>(deleted));
            assertEquals(0, CLIENT.listObjectsV2(request -> request.bucket(bucket.name())).keyCount());
        }
    }

    @Test
    void copies() {
        try (var bucket = filled()) {
            var name = bucket.name();
            for (int i = 0; i < ODD_KEYS.size(); i++) {
                var key = ODD_KEYS.get(i);
                CLIENT.copyObject(r -> r.sourceBucket(name).sourceKey(key).destinationBucket(name).destinationKey("copy"));
                assertEquals("body " + i, bucket.text("copy"), key);
            }
            CLIENT.copyObject(r -> r.sourceBucket(name).sourceKey("plain").destinationBucket(name).destinationKey("copy")
                    .metadataDirective(MetadataDirective.REPLACE).metadata(Map.of("new", "yes")));
            var head = CLIENT.headObject(r -> r.bucket(name).key("copy"));
            assertEquals(Map.of("new", "yes"), head.metadata());
        }
    }
}
