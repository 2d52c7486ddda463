//! Bodies to upload: slices of one buffer of noise, shared by all requests.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

/// Size of the buffer, in bytes; larger bodies repeat it.
const NOISE_BYTES: usize = 1 << 20;

/// An object's content, of one size.
#[derive(Clone)]
pub(crate) struct Content {
    noise: Bytes,
    size: u64,
}

impl Content {
    /// Content that no compression makes smaller.
    pub(crate) fn new(size: u64) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut noise = Vec::with_capacity(NOISE_BYTES);
        while noise.len() < NOISE_BYTES {
            // xorshift64: noise enough, and the same in every run.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            noise.extend_from_slice(&state.to_le_bytes());
        }
        Self {
            noise: noise.into(),
            size,
        }
    }

    /// In hex, as `x-amz-content-sha256` has it.
    pub(crate) fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        let mut upload = self.upload();
        while let Some(slice) = upload.next() {
            hash.update(&slice);
        }
        hex::encode(hash.finalize())
    }

    /// The whole of it.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut upload = self.upload();
        let slices = std::iter::from_fn(|| upload.next());
        slices.fold(Vec::new(), |mut all, slice| {
            all.extend_from_slice(&slice);
            all
        })
    }

    /// In bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// A body to send.
    pub(crate) fn upload(&self) -> Upload {
        Upload {
            noise: self.noise.clone(),
            left: self.size,
        }
    }
}

/// A body being sent.
pub(crate) struct Upload {
    noise: Bytes,
    left: u64,
}

impl Upload {
    /// No body.
    pub(crate) fn empty() -> Self {
        Self {
            noise: Bytes::new(),
            left: 0,
        }
    }

    /// Exactly these bytes.
    pub(crate) fn of(bytes: Bytes) -> Self {
        let left = bytes.len() as u64;
        Self { noise: bytes, left }
    }

    fn next(&mut self) -> Option<Bytes> {
        let length = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(self.noise.len());
        self.left -= length as u64;
        (length > 0).then(|| self.noise.slice(..length))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|slice| Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, NOISE_BYTES};

    #[test]
    fn has_the_size_asked_for() {
        for size in [
            0,
            1,
            NOISE_BYTES as u64,
            NOISE_BYTES as u64 + 1,
            3 * NOISE_BYTES as u64 + 7,
        ] {
            let mut upload = Content::new(size).upload();
            let mut sent = 0;
            while let Some(slice) = upload.next() {
                sent += slice.len() as u64;
            }
            assert_eq!(sent, size);
        }
    }
}
