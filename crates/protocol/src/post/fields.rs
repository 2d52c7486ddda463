//! The fields of a form before its file.

use cairn_types::ObjectKey;

use crate::S3Error;

/// Most bytes of a form before its file, with boundaries and part heads: 20 KB (facts/04 §5). It bounds
/// every value, and the values again after `${filename}` was put in.
pub const FIELDS_BYTES_MAX: usize = 20 * 1024;

/// Most fields before the file: four times what S3 knows, with as much user metadata as fits.
pub const FIELDS_MAX: usize = 256;

/// Longest name of a field, in bytes.
pub const FIELD_NAME_BYTES_MAX: usize = 512;

/// What stands for the file's name in a value.
const FILE_NAME: &str = "${filename}";

/// The fields, in the order of the form, with names in lower case: S3 takes them in any case (facts/04 §5).
///
/// A name that came several times is one field, its values joined with `,` as those of a header are
/// [believed]: so the policy judges exactly what is used, and no value hides behind another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field, named in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(known, _)| known == name)?;
        Some(&field.1)
    }

    /// Names in lower case, and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a field, or a value to a field.
    ///
    /// # Errors
    /// `MaxPostPreDataLengthExceededError` past [`FIELDS_MAX`] or [`FIELD_NAME_BYTES_MAX`]: S3's own limits are not
    /// known, this is the code it has for too much before the file.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), S3Error> {
        let name = name.to_ascii_lowercase();
        if let Some((_, known)) = self.0.iter_mut().find(|(known, _)| *known == name) {
            known.push(',');
            known.push_str(value);
            return Ok(());
        }
        if self.0.len() == FIELDS_MAX || name.len() > FIELD_NAME_BYTES_MAX {
            return Err(too_large());
        }
        self.0.push((name, value.to_owned()));
        Ok(())
    }

    /// Puts the file's name in for `${filename}`, in every field (facts/04 §5) but the policy, whose text is
    /// signed. Without a name the text stays.
    ///
    /// # Errors
    /// `MaxPostPreDataLengthExceededError` where the values would have more than [`FIELDS_BYTES_MAX`] bytes.
    pub fn expand(&mut self, file_name: Option<&str>) -> Result<(), S3Error> {
        let Some(file_name) = file_name else { return Ok(()) };
        let mut bytes = 0;
        for (name, value) in &mut self.0 {
            let places = value.matches(FILE_NAME).count();
            if places > 0 && name != "policy" {
                // Reckoned first, so that no more is ever allocated.
                let length = value.len() - places * FILE_NAME.len() + places * file_name.len();
                if length > FIELDS_BYTES_MAX {
                    return Err(too_large());
                }
                *value = value.replace(FILE_NAME, file_name);
            }
            bytes += value.len();
            if bytes > FIELDS_BYTES_MAX {
                return Err(too_large());
            }
        }
        Ok(())
    }

    /// The object's key.
    ///
    /// # Errors
    /// `InvalidArgument` where there is none (facts/04 §5), `KeyTooLongError`.
    pub fn key(&self) -> Result<ObjectKey, S3Error> {
        let key = self.get("key").unwrap_or_default();
        if key.is_empty() {
            return Err(missing("key"));
        }
        ObjectKey::new(key).map_err(|_| S3Error::KeyTooLongError {
            size: key.len() as u64,
            max_size_allowed: ObjectKey::BYTES_MAX as u64,
        })
    }
}

/// The refusal of a form that lacks a field it needs (facts/04 §5; two spaces).
pub(super) fn missing(name: &str) -> S3Error {
    S3Error::invalid_argument(
        format!(
            "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of \
             the fields."
        ),
        name,
        "",
    )
}

/// The refusal of a form that has too much before its file.
pub(super) fn too_large() -> S3Error {
    S3Error::MaxPostPreDataLengthExceededError {
        max_post_pre_data_length_bytes: FIELDS_BYTES_MAX as u64,
    }
}
