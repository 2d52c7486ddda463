//! QR codes: how an MFA app takes over a seed.

use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, EcLevel, QrCode};

/// Pixels of a module's side.
const MODULE_PIXELS: usize = 4;
/// Modules of the white border (ISO/IEC 18004: at least four).
const BORDER_MODULES: usize = 4;

/// A text's QR code as PNG, black on white, one bit a pixel; `None` for a text that is too long for one (2331
/// bytes).
pub(super) fn png(text: &str) -> Option<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let modules = code.width();
    let side = (modules + 2 * BORDER_MODULES) * MODULE_PIXELS;
    let colors = code.to_colors();
    let is_white = |pixel_x: usize, pixel_y: usize| {
        let module = |pixel: usize| (pixel / MODULE_PIXELS).checked_sub(BORDER_MODULES);
        match (module(pixel_x), module(pixel_y)) {
            (Some(x), Some(y)) if x < modules => colors.get(y * modules + x) != Some(&Color::Dark),
            _ => true,
        }
    };
    let row_bytes = side.div_ceil(8);
    let mut pixels = Vec::with_capacity(row_bytes * side);
    for y in 0..side {
        pixels.extend((0..row_bytes).map(|byte| {
            let bits = (0..8).map(|bit| u8::from(is_white(byte * 8 + bit, y)) << (7 - bit));
            bits.sum::<u8>()
        }));
    }
    let mut image = Vec::new();
    let side = u32::try_from(side).ok()?;
    let mut encoder = Encoder::new(&mut image, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read by another implementation than the one that wrote it.
    #[test]
    fn a_reader_of_qr_codes_reads_the_text() {
        let text = "otpauth://totp/phone@111122223333?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let image = png(text).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&image))
            .read_info()
            .unwrap();
        let (width, height) = (reader.info().width as usize, reader.info().height as usize);
        assert_eq!(width, height);
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let line = reader.next_frame(&mut pixels).unwrap().line_size;
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            (pixels[y * line + x / 8] >> (7 - x % 8) & 1) * 255
        });
        let grids = prepared.detect_grids();
        assert_eq!(grids.len(), 1);
        assert_eq!(grids[0].decode().unwrap().1, text);
    }

    #[test]
    fn a_text_may_be_too_long() {
        assert!(png(&"x".repeat(2331)).is_some());
        assert!(png(&"x".repeat(2332)).is_none());
    }
}
