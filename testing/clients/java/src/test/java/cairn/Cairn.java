package cairn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * What the tests share: clients with the SDK's defaults, a bucket of its own for each test, the shared data.
 * The tests are named after the rows of testing/clients/README.md.
 */
final class Cairn {
    static final int MIB = 1024 * 1024;
    static final URI ENDPOINT = URI.create(System.getenv("CAIRN_TEST_ENDPOINT"));

    private static final int BLOCK_BYTES = 1_048_573;

    /** In UTF-8 order, which is the order of S3's listings. */
    static final List<String> ODD_KEYS = oddKeys();

    private Cairn() {}

    /**
     * Default checksums and signing, credentials from the environment. One attempt only: a retry would hide a
     * failing server. Knows *.localhost, which the C library does only with nss-myhostname.
     */
    static S3ClientBuilder connect() {
        var http = Apache5HttpClient.builder().dnsResolver(new LocalhostNames());
        return S3Client.builder()
                .endpointOverride(ENDPOINT)
                .region(Region.US_EAST_1)
                .httpClientBuilder(http)
                .overrideConfiguration(options -> options.retryStrategy(DefaultRetryStrategy.doNotRetry()));
    }

    static final S3Client CLIENT = connect().forcePathStyle(true).build();

    /** A fresh bucket, removed with everything in it when it is closed. */
    record Bucket(String name) implements AutoCloseable {
        Bucket() {
            this("java-" + UUID.randomUUID());
            CLIENT.createBucket(request -> request.bucket(name));
        }

        PutObjectResponse put(String key, byte[] body) {
            return CLIENT.putObject(request -> request.bucket(name).key(key), RequestBody.fromBytes(body));
        }

        PutObjectResponse put(String key, String body) {
            return put(key, body.getBytes(StandardCharsets.UTF_8));
        }

        ResponseInputStream<GetObjectResponse> open(String key) {
            return CLIENT.getObject(request -> request.bucket(name).key(key));
        }

        byte[] get(String key) {
            try (var stream = open(key)) {
                return stream.readAllBytes();
            } catch (IOException error) {
                throw new UncheckedIOException(key, error);
            }
        }

        String text(String key) {
            return new String(get(key), StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            var pages = CLIENT.listObjectVersionsPaginator(request -> request.bucket(name));
            for (var page : pages) {
                page.versions().forEach(version -> remove(version.key(), version.versionId()));
                page.deleteMarkers().forEach(marker -> remove(marker.key(), marker.versionId()));
            }
            CLIENT.deleteBucket(request -> request.bucket(name));
        }

        private void remove(String key, String version) {
            CLIENT.deleteObject(request -> request.bucket(name).key(key).versionId(version));
        }
    }

    /** The exception's code and status are these. */
    static void assertRefused(String code, int status, Executable action) {
        var refused = assertThrows(S3Exception.class, action);
        assertEquals(code, refused.awsErrorDetails().errorCode());
        assertEquals(status, refused.statusCode());
    }

    static void assertSame(byte[] want, byte[] got) {
        assertEquals(want.length, got.length);
        assertArrayEquals(want, got);
    }

    static byte[] digest(String algorithm, byte[] body) {
        try {
            return MessageDigest.getInstance(algorithm).digest(body);
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    static String etag(byte[] body) {
        return '"' + HexFormat.of().formatHex(digest("MD5", body)) + '"';
    }

    /** The shared test data: a block of prime length made of SHA-256 digests, repeated. */
    static byte[] pattern(int length) {
        var block = new byte[BLOCK_BYTES + 32];
        for (int i = 0; i * 32 < BLOCK_BYTES; i++) {
            var sum = digest("SHA-256", ("cairn" + i).getBytes(StandardCharsets.UTF_8));
            System.arraycopy(sum, 0, block, i * 32, 32);
        }
        var bytes = new byte[length];
        for (int at = 0; at < length; at += BLOCK_BYTES) {
            System.arraycopy(block, 0, bytes, at, Math.min(BLOCK_BYTES, length - at));
        }
        return bytes;
    }

    private static List<String> oddKeys() {
        try {
            var text = Files.readString(Path.of("../shared/odd-keys.json"));
            return JsonNode.parser().parse(text).asArray().stream().map(JsonNode::asString).toList();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** *.localhost is the loopback, as in browsers. */
    private static final class LocalhostNames implements org.apache.hc.client5.http.DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws java.net.UnknownHostException {
            return InetAddress.getAllByName(host.endsWith(".localhost") ? "127.0.0.1" : host);
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }

    /** Part of a body. */
    static byte[] slice(byte[] body, int first, int end) {
        return Arrays.copyOfRange(body, first, end);
    }
}
