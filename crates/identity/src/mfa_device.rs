//! Virtual MFA devices: of users, and of the root users of accounts.
//!
//! A device is a seed that is told once, when it is made. It is enabled for somebody with two consecutive codes,
//! which prove that their device has the seed and the time. Each code is good once: the last step of which a code
//! was taken is in the record, and is committed before the answer, so that no crash brings a code back.

use cairn_types::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access_key::{Holder, KeyOwner};
use crate::failures;
use crate::page::Page;
use crate::rows::{self, Noun, Record};
use crate::store::{Taken, Transaction};
use crate::tags::Tags;
use crate::totp::{Code, Seed, TimeStep, step_of};
use crate::user::UserRecord;
use crate::{Dependent, Entity, Error, Identity, Name, Path, Quota};

/// A virtual MFA device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaDeviceRecord {
    /// The account it is in.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    /// Its path.
    pub path: Path,
    /// When it was made.
    pub created: Timestamp,
    /// Tags.
    pub tags: Tags,
    /// Whose it is; `None` until it is enabled, and after it was deactivated.
    pub enabled: Option<Enabled>,
    /// How many steps its clock is ahead of the server's, or behind: what a resync found.
    drift_steps: i64,
    /// The last step of which a code was taken.
    last_step: TimeStep,
    sealed_seed: Vec<u8>,
}

/// For whom a device is enabled, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enabled {
    /// Who in the account.
    pub holder: Holder,
    /// Since when.
    pub since: Timestamp,
}

impl Record for MfaDeviceRecord {
    const WHAT: &'static str = "MFA device";
}

/// Steps that a device's clock may be ahead or behind when it shows a code (facts/05 §3).
const DRIFT_STEPS_MAX: u64 = 1;
/// Steps that it may be ahead or behind when it is resynchronised: twelve hours, which is a wrong time zone. Two
/// consecutive codes somewhere in that window are guessed with a chance of one in three hundred million.
const RESYNC_STEPS_MAX: u64 = 1440;

impl MfaDeviceRecord {
    /// Most devices of a user or root user (facts/05 §3).
    pub const PER_HOLDER_MAX: usize = 8;
    /// Most devices of an account that are enabled for nobody.
    pub const UNASSIGNED_MAX: usize = UserRecord::PER_ACCOUNT_MAX;
    /// Longest serial number in characters (facts/05 §3).
    pub const SERIAL_CHARS_MAX: usize = 256;

    /// The serial number: `arn:aws:iam::ACCOUNT:mfa/path/name`
    pub fn serial_number(&self) -> String {
        crate::user::arn(&self.account, "mfa", &self.path, &self.name)
    }

    /// The steps in which the device can be, as far as its clock may be off.
    fn window(&self, now: Timestamp, off: u64) -> std::ops::RangeInclusive<TimeStep> {
        let step = step_of(now).saturating_add_signed(self.drift_steps);
        step.saturating_sub(off)..=step.saturating_add(off)
    }

    /// Takes the code of a step: it and all earlier ones are used up.
    fn take(&mut self, step: TimeStep) -> bool {
        let fresh = step > self.last_step;
        if fresh {
            self.last_step = step;
        }
        fresh
    }
}

/// A new device, and the only time that its seed is told.
#[derive(Debug, Clone)]
pub struct IssuedDevice {
    /// The device.
    pub record: MfaDeviceRecord,
    /// The seed: 40 bytes.
    pub seed: Vec<u8>,
}

/// A device and the user who has it; without one it is nobody's or the root user's.
#[derive(Debug, Clone)]
pub struct DeviceOfUser {
    /// The device.
    pub device: MfaDeviceRecord,
    /// The user.
    pub user: Option<UserRecord>,
}

/// Two codes that a device showed one after the other.
#[derive(Debug, Clone, Copy)]
pub struct TwoCodes<'a>(pub &'a str, pub &'a str);

/// Why a code does not prove that somebody has their device.
#[derive(Debug, thiserror::Error)]
pub enum MfaError {
    /// There is no such device, or it is not theirs.
    #[error("the MFA device is none of this user's")]
    UnknownDevice,
    /// The code is not the device's of now, or was used, or the device takes none after too many wrong ones.
    #[error("the MFA code is not valid")]
    WrongCode,
    /// It cannot be known now.
    #[error(transparent)]
    Failed(#[from] Error),
}

fn no_device(serial: &str) -> Error {
    Error::NoSuchEntity(Entity::MfaDevice, serial.to_owned())
}

/// The name in a serial number of this account.
fn name_in<'a>(account: &AccountId, serial: &'a str) -> Option<&'a str> {
    let resource = serial.strip_prefix("arn:aws:iam::")?;
    let path = resource.strip_prefix(account.as_str())?.strip_prefix(":mfa/")?;
    Some(path.rsplit_once('/').map_or(path, |(_, name)| name))
}

impl Transaction {
    fn put_device(&mut self, device: &MfaDeviceRecord) -> Result<(), Error> {
        self.put(
            rows::named(Noun::MfaDevice, &device.account, device.name.as_str()),
            device,
        )
    }

    /// A device that must be this holder's.
    async fn device_of(
        &self,
        account: &AccountId,
        holder: &Holder,
        serial: &str,
    ) -> Result<MfaDeviceRecord, Error> {
        let device = self.identity.mfa_device(account, serial).await?;
        match &device.enabled {
            Some(enabled) if enabled.holder == *holder => Ok(device),
            _ => Err(no_device(serial)),
        }
    }
}

impl Identity {
    /// A device by its serial number.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`], [`Error::Storage`].
    pub async fn mfa_device(&self, account: &AccountId, serial: &str) -> Result<MfaDeviceRecord, Error> {
        let name = name_in(account, serial).ok_or_else(|| no_device(serial))?;
        let found: Option<MfaDeviceRecord> = self.get(&rows::named(Noun::MfaDevice, account, name)).await?;
        found
            .filter(|device| device.serial_number() == serial)
            .ok_or_else(|| no_device(serial))
    }

    /// Makes a device that is nobody's.
    ///
    /// # Errors
    /// [`Error::EntityAlreadyExists`]; [`Error::LimitExceeded`] with [`MfaDeviceRecord::UNASSIGNED_MAX`] devices
    /// that are nobody's; [`Error::InvalidInput`] where path and name make a serial number longer than
    /// [`MfaDeviceRecord::SERIAL_CHARS_MAX`]; [`Error::Busy`], [`Error::Storage`].
    pub async fn create_mfa_device(
        &self,
        account: &AccountId,
        path: Path,
        name: Name,
        tags: Tags,
    ) -> Result<IssuedDevice, Error> {
        let serial = crate::user::arn(account, "mfa", &path, &name);
        if serial.len() > MfaDeviceRecord::SERIAL_CHARS_MAX {
            return Err(Error::InvalidInput(format!(
                "The serial number {serial} is longer than {} characters.",
                MfaDeviceRecord::SERIAL_CHARS_MAX
            )));
        }
        let mut transaction = self.begin().await?;
        let row = rows::named(Noun::MfaDevice, account, name.as_str());
        if transaction.get::<MfaDeviceRecord>(&row).await?.is_some() {
            return Err(Error::EntityAlreadyExists(Entity::MfaDevice, serial));
        }
        let unassigned = self.scan(
            rows::all(Noun::MfaDevice, &[account.as_str()]),
            |_, device: MfaDeviceRecord| match device.enabled {
                None => Taken::Yes(()),
                Some(_) => Taken::No,
            },
        );
        if unassigned.await?.len() >= MfaDeviceRecord::UNASSIGNED_MAX {
            return Err(Error::LimitExceeded(
                Quota::VirtualMfaDevices,
                MfaDeviceRecord::UNASSIGNED_MAX,
            ));
        }
        let seed = Seed::generate();
        let record = MfaDeviceRecord {
            account: account.clone(),
            name,
            path,
            created: self.inner.clock.now(),
            tags,
            enabled: None,
            drift_steps: 0,
            last_step: 0,
            sealed_seed: self.seal_secret(&serial, seed.bytes())?,
        };
        transaction.put_device(&record)?;
        transaction.commit().await?;
        Ok(IssuedDevice {
            record,
            seed: seed.bytes().to_vec(),
        })
    }

    /// Removes a device that is nobody's.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`]; [`Error::DeleteConflict`] where it is somebody's; [`Error::Busy`],
    /// [`Error::Storage`].
    pub async fn delete_mfa_device(&self, account: &AccountId, serial: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let device = self.mfa_device(account, serial).await?;
        if device.enabled.is_some() {
            return Err(Error::DeleteConflict(Dependent::Enabled));
        }
        transaction.delete(rows::named(Noun::MfaDevice, account, device.name.as_str()));
        transaction.commit().await?;
        self.inner.guesses.forget(serial);
        Ok(())
    }

    /// Gives a device to somebody who has it: it shows these codes.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user or the device; [`Error::EntityAlreadyExists`] where it is somebody's
    /// already; [`Error::LimitExceeded`] with [`MfaDeviceRecord::PER_HOLDER_MAX`] devices;
    /// [`Error::InvalidAuthenticationCode`]; [`Error::Busy`], [`Error::Storage`].
    pub async fn enable_mfa_device(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
        serial: &str,
        codes: TwoCodes<'_>,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.owner(account, owner).await?;
        let mut device = self.mfa_device(account, serial).await?;
        if device.enabled.is_some() {
            return Err(Error::EntityAlreadyExists(Entity::MfaDevice, serial.to_owned()));
        }
        if holder.mfa_devices().len() >= MfaDeviceRecord::PER_HOLDER_MAX {
            return Err(Error::LimitExceeded(
                Quota::MfaDevicesPerUser,
                MfaDeviceRecord::PER_HOLDER_MAX,
            ));
        }
        let now = self.inner.clock.now();
        self.take_two(&mut device, codes, now, DRIFT_STEPS_MAX)?;
        device.enabled = Some(Enabled {
            holder: holder.holder(),
            since: now,
        });
        holder.mfa_devices().push(serial.to_owned());
        holder.put(&mut transaction)?;
        transaction.put_device(&device)?;
        transaction.commit().await
    }

    /// Learns how far a device's clock is off, of two codes that it shows.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user, or a device that is not theirs; [`Error::InvalidAuthenticationCode`];
    /// [`Error::Busy`], [`Error::Storage`].
    pub async fn resync_mfa_device(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
        serial: &str,
        codes: TwoCodes<'_>,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let holder = transaction.owner(account, owner).await?.holder();
        let mut device = transaction.device_of(account, &holder, serial).await?;
        let now = self.inner.clock.now();
        // The window is around the server's time, whatever an earlier resync found.
        device.drift_steps = 0;
        let step = self.take_two(&mut device, codes, now, RESYNC_STEPS_MAX)?;
        device.drift_steps = step.checked_signed_diff(step_of(now)).unwrap_or_default();
        transaction.put_device(&device)?;
        transaction.commit().await
    }

    /// Takes a device away from whom it is enabled for.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user, or a device that is not theirs; [`Error::Busy`],
    /// [`Error::Storage`].
    pub async fn deactivate_mfa_device(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
        serial: &str,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let mut holder = transaction.owner(account, owner).await?;
        let mut device = transaction.device_of(account, &holder.holder(), serial).await?;
        device.enabled = None;
        holder.mfa_devices().retain(|known| known != serial);
        holder.put(&mut transaction)?;
        transaction.put_device(&device)?;
        transaction.commit().await?;
        self.inner.guesses.forget(serial);
        Ok(())
    }

    /// Whether a code proves that its sender has this device, which must be theirs. The code is used up then,
    /// durably.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub async fn verify_mfa(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
        serial: &str,
        code: &str,
    ) -> Result<(), MfaError> {
        let unknown = |error| match error {
            Error::NoSuchEntity(..) => MfaError::UnknownDevice,
            error => MfaError::Failed(error),
        };
        // Before anybody waits for a turn: guessing must not keep others from theirs.
        if self.inner.guesses.refused(serial, self.inner.clock.now()) {
            failures::count("mfa_refused");
            return Err(MfaError::WrongCode);
        }
        let mut transaction = self.begin().await?;
        let holder = transaction.owner(account, owner).await.map_err(unknown)?.holder();
        let device = transaction.device_of(account, &holder, serial).await;
        let mut device = device.map_err(unknown)?;
        let now = self.inner.clock.now();
        let window = device.window(now, DRIFT_STEPS_MAX);
        self.take_codes(&mut device, &[code], now, window)
            .map_err(|error| match error {
                Error::InvalidAuthenticationCode => MfaError::WrongCode,
                error => MfaError::Failed(error),
            })?;
        transaction.put_device(&device)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes two consecutive codes, of which the second is shown now or as far off as said; the second's step.
    fn take_two(
        &self,
        device: &mut MfaDeviceRecord,
        TwoCodes(first, second): TwoCodes<'_>,
        now: Timestamp,
        off: u64,
    ) -> Result<TimeStep, Error> {
        let window = device.window(now, off);
        let firsts = window.start().saturating_sub(1)..=window.end().saturating_sub(1);
        self.take_codes(device, &[first, second], now, firsts)
    }

    /// Takes consecutive codes, none of them used, the first of a step of the window; the last one's step. A
    /// wrong one is counted.
    fn take_codes(
        &self,
        device: &mut MfaDeviceRecord,
        codes: &[&str],
        now: Timestamp,
        window: std::ops::RangeInclusive<TimeStep>,
    ) -> Result<TimeStep, Error> {
        let serial = device.serial_number();
        if self.inner.guesses.refused(&serial, now) {
            tracing::warn!(%serial, "an MFA device takes no codes for a while, after too many wrong ones");
            failures::count("mfa_refused");
            return Err(Error::InvalidAuthenticationCode);
        }
        let seed = Seed::of(self.open_secret(&serial, &device.sealed_seed)?);
        let read: Option<Vec<Code>> = codes.iter().map(|code| Code::parse(code)).collect();
        let first = read.and_then(|codes| seed.find(window, &codes));
        let taken = first.and_then(|first| {
            let last = (first..).take(codes.len()).last()?;
            (first..=last).all(|step| device.take(step)).then_some(last)
        });
        match taken {
            Some(last) => {
                self.inner.guesses.forget(&serial);
                Ok(last)
            }
            None => {
                self.inner.guesses.wrong(&serial, now);
                failures::count("mfa_code");
                Err(Error::InvalidAuthenticationCode)
            }
        }
    }

    /// The devices of a user or root user, in the order they were enabled.
    ///
    /// # Errors
    /// [`Error::NoSuchEntity`] for the user; [`Error::Storage`].
    pub async fn mfa_devices(
        &self,
        account: &AccountId,
        owner: &KeyOwner,
    ) -> Result<Vec<MfaDeviceRecord>, Error> {
        let serials = match owner {
            KeyOwner::Root => self.account(account).await?.mfa_devices,
            KeyOwner::User(name) => self.user(account, name).await?.mfa_devices,
        };
        let mut devices = Vec::with_capacity(serials.len());
        for serial in &serials {
            match self.mfa_device(account, serial).await {
                Ok(device) => devices.push(device),
                // Deactivated and deleted since the list was read.
                Err(Error::NoSuchEntity(..)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(devices)
    }

    /// The devices of an account by name, after `after`: all, or those that are or are not somebody's.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn virtual_mfa_devices(
        &self,
        account: &AccountId,
        assigned: Option<bool>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<DeviceOfUser>, Error> {
        let page = self.page(
            rows::all(Noun::MfaDevice, &[account.as_str()]),
            after,
            limit,
            move |device: &MfaDeviceRecord| assigned.is_none_or(|wanted| wanted == device.enabled.is_some()),
            |device| device.name.to_string(),
        );
        let page = page.await?;
        let mut items = Vec::with_capacity(page.items.len());
        for device in page.items {
            let user = match &device.enabled {
                Some(Enabled {
                    holder: Holder::User(id),
                    ..
                }) => self.user_by_id(id).await?,
                _ => None,
            };
            items.push(DeviceOfUser { device, user });
        }
        Ok(Page {
            items,
            next: page.next,
        })
    }
}

#[cfg(test)]
mod tests;
