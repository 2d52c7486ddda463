//! CreateVirtualMFADevice, EnableMFADevice, ResyncMFADevice, DeactivateMFADevice, DeleteVirtualMFADevice,
//! ListMFADevices, ListVirtualMFADevices.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_identity::{
    AccountRecord, DeviceOfUser, Enabled, Error, Holder, IssuedDevice, KeyOwner, MfaDeviceRecord, Name, Page,
    Path, Tags, TwoCodes,
};
use cairn_policy::Context;
use cairn_protocol::encoding::encode_query;
use cairn_protocol::xml::Writer;
use cairn_types::Tag;
use data_encoding::BASE32_NOPAD;

use super::input::{Paging, key_owner, owner_arn, tag_conditions};
use super::{output, qr_code};
use crate::services::query::parameters::Text;
use crate::services::query::{Parameters, QueryCall, QueryError, QueryOperation};

/// Longest name of a user in requests about what it has (the model's `existingUserNameType`).
const USER_NAME_CHARS_MAX: usize = 128;

/// What SDKs, whose models ask for a `UserName`, name the root user.
const ROOT_USER: &str = "root";

fn is_serial(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&byte))
}

/// A serial number (facts/05 §3).
const SERIAL_NUMBER: Text =
    Text::of(9, MfaDeviceRecord::SERIAL_CHARS_MAX).matching(r"[\w+=/:,.@-]+", is_serial);

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

const CODE: Text = Text::of(6, 6).matching(r"[\d]+", is_digits);

/// Whose device is meant: as with keys; and the root user can name itself `root` where no user has that name.
async fn device_owner(call: &QueryCall, name: Option<&Name>) -> Result<KeyOwner, QueryError> {
    let name = name.map(Name::as_str);
    if name == Some(ROOT_USER) && call.caller.principal().is_root() {
        return match call.identity().user(call.account()?, ROOT_USER).await {
            Ok(user) => Ok(KeyOwner::User(user.name.to_string())),
            Err(Error::NoSuchEntity(..)) => Ok(KeyOwner::Root),
            Err(error) => Err(error.into()),
        };
    }
    key_owner(call, name)
}

async fn device_owner_arn(call: &QueryCall, name: Option<&Name>) -> Result<String, QueryError> {
    owner_arn(call, &device_owner(call, name).await?).await
}

pub(super) struct CreateVirtualMfaDevice;

pub(super) struct Create {
    name: Name,
    path: Path,
    tags: Vec<Tag>,
}

/// What is shown of a new device, once.
pub(super) struct Created {
    issued: IssuedDevice,
    base32: String,
    qr_code: Vec<u8>,
}

impl QueryOperation for CreateVirtualMfaDevice {
    const NAME: &'static str = "CreateVirtualMFADevice";
    const ACTION: &'static str = "iam:CreateVirtualMFADevice";

    type Input = Create;
    type Output = Created;

    fn parse(parameters: &mut Parameters) -> Option<Create> {
        let path = parameters.path("Path");
        let name = parameters.name("VirtualMFADeviceName", Name::CHARS_MAX);
        let tags = parameters.tags();
        Some(Create {
            name: name?,
            path: path?.unwrap_or_default(),
            tags: tags?,
        })
    }

    async fn resource(call: &QueryCall, input: &Create) -> Result<String, QueryError> {
        call.arn(&format!("mfa{}{}", input.path, input.name))
    }

    fn conditions<'a>(_: &'a QueryCall, input: &'a Create, context: &mut Context<'a>) {
        tag_conditions(&input.tags, context);
    }

    async fn execute(call: &QueryCall, input: Create) -> Result<Created, QueryError> {
        let account = call.account()?;
        let mut tags = Tags::default();
        tags.add(input.tags)?;
        let made = call
            .identity()
            .create_mfa_device(account, input.path, input.name, tags);
        let issued = made.await?;
        let base32 = BASE32_NOPAD.encode(&issued.seed);
        // The device's name and whose it is (facts/05 §3): who will enable it is not known yet.
        let device = encode_query(issued.record.name.as_str());
        let uri = format!("otpauth://totp/{device}@{account}?secret={base32}");
        let qr_code = qr_code::png(&uri).ok_or_else(QueryError::internal)?;
        Ok(Created {
            issued,
            base32,
            qr_code,
        })
    }

    fn write(created: &Created, result: &mut Writer) {
        let device = &created.issued.record;
        result.nested("VirtualMFADevice", |writer| {
            writer
                .element("SerialNumber", device.serial_number())
                .element("Base32StringSeed", STANDARD.encode(&created.base32))
                .element("QRCodePNG", STANDARD.encode(&created.qr_code));
            output::tags(writer, &device.tags);
        });
    }
}

/// A device of somebody, with two codes of it.
pub(super) struct Codes {
    name: Option<Name>,
    serial: String,
    first: String,
    second: String,
}

impl Codes {
    fn read(parameters: &mut Parameters) -> Option<Self> {
        let name = parameters.optional_name("UserName", USER_NAME_CHARS_MAX);
        let serial = parameters.required("SerialNumber", &SERIAL_NUMBER);
        let first = parameters.required("AuthenticationCode1", &CODE);
        let second = parameters.required("AuthenticationCode2", &CODE);
        Some(Self {
            name: name?,
            serial: serial?,
            first: first?,
            second: second?,
        })
    }

    fn codes(&self) -> TwoCodes<'_> {
        TwoCodes(&self.first, &self.second)
    }
}

pub(super) struct EnableMfaDevice;

impl QueryOperation for EnableMfaDevice {
    const NAME: &'static str = "EnableMFADevice";
    const ACTION: &'static str = "iam:EnableMFADevice";

    type Input = Codes;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Codes> {
        Codes::read(parameters)
    }

    async fn resource(call: &QueryCall, input: &Codes) -> Result<String, QueryError> {
        device_owner_arn(call, input.name.as_ref()).await
    }

    async fn execute(call: &QueryCall, input: Codes) -> Result<(), QueryError> {
        let owner = device_owner(call, input.name.as_ref()).await?;
        let enabled =
            call.identity()
                .enable_mfa_device(call.account()?, &owner, &input.serial, input.codes());
        Ok(enabled.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ResyncMfaDevice;

impl QueryOperation for ResyncMfaDevice {
    const NAME: &'static str = "ResyncMFADevice";
    const ACTION: &'static str = "iam:ResyncMFADevice";

    type Input = Codes;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Codes> {
        Codes::read(parameters)
    }

    async fn resource(call: &QueryCall, input: &Codes) -> Result<String, QueryError> {
        device_owner_arn(call, input.name.as_ref()).await
    }

    async fn execute(call: &QueryCall, input: Codes) -> Result<(), QueryError> {
        let owner = device_owner(call, input.name.as_ref()).await?;
        let resynced =
            call.identity()
                .resync_mfa_device(call.account()?, &owner, &input.serial, input.codes());
        Ok(resynced.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeactivateMfaDevice;

pub(super) struct Deactivate {
    name: Option<Name>,
    serial: String,
}

impl QueryOperation for DeactivateMfaDevice {
    const NAME: &'static str = "DeactivateMFADevice";
    const ACTION: &'static str = "iam:DeactivateMFADevice";

    type Input = Deactivate;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<Deactivate> {
        let name = parameters.optional_name("UserName", USER_NAME_CHARS_MAX);
        let serial = parameters.required("SerialNumber", &SERIAL_NUMBER);
        Some(Deactivate {
            name: name?,
            serial: serial?,
        })
    }

    async fn resource(call: &QueryCall, input: &Deactivate) -> Result<String, QueryError> {
        device_owner_arn(call, input.name.as_ref()).await
    }

    async fn execute(call: &QueryCall, input: Deactivate) -> Result<(), QueryError> {
        let owner = device_owner(call, input.name.as_ref()).await?;
        let deactivated = call
            .identity()
            .deactivate_mfa_device(call.account()?, &owner, &input.serial);
        Ok(deactivated.await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct DeleteVirtualMfaDevice;

impl QueryOperation for DeleteVirtualMfaDevice {
    const NAME: &'static str = "DeleteVirtualMFADevice";
    const ACTION: &'static str = "iam:DeleteVirtualMFADevice";

    type Input = String;
    type Output = ();

    fn parse(parameters: &mut Parameters) -> Option<String> {
        parameters.required("SerialNumber", &SERIAL_NUMBER)
    }

    async fn resource(call: &QueryCall, serial: &String) -> Result<String, QueryError> {
        // Of another account's device, or of what is no ARN, the caller is told that there is none, if it may ask.
        let own = call.arn("mfa/")?;
        if serial.starts_with(&own) {
            Ok(serial.clone())
        } else {
            Ok(own)
        }
    }

    async fn execute(call: &QueryCall, serial: String) -> Result<(), QueryError> {
        Ok(call
            .identity()
            .delete_mfa_device(call.account()?, &serial)
            .await?)
    }

    fn write((): &(), _: &mut Writer) {}
}

pub(super) struct ListMfaDevices;

impl QueryOperation for ListMfaDevices {
    const NAME: &'static str = "ListMFADevices";
    const ACTION: &'static str = "iam:ListMFADevices";

    type Input = Option<Name>;
    type Output = (KeyOwner, Vec<MfaDeviceRecord>);

    fn parse(parameters: &mut Parameters) -> Option<Option<Name>> {
        let name = parameters.optional_name("UserName", USER_NAME_CHARS_MAX);
        // There are eight devices at most, so every list is one page.
        Paging::read(parameters)?;
        name
    }

    async fn resource(call: &QueryCall, name: &Option<Name>) -> Result<String, QueryError> {
        device_owner_arn(call, name.as_ref()).await
    }

    async fn execute(call: &QueryCall, name: Option<Name>) -> Result<Self::Output, QueryError> {
        let owner = device_owner(call, name.as_ref()).await?;
        let devices = call.identity().mfa_devices(call.account()?, &owner).await?;
        Ok((owner, devices))
    }

    fn write((owner, devices): &Self::Output, result: &mut Writer) {
        let name = match owner {
            KeyOwner::User(name) => Some(name),
            KeyOwner::Root => None,
        };
        result.nested("MFADevices", |list| {
            for device in devices {
                list.nested("member", |member| {
                    member
                        .optional("UserName", name)
                        .element("SerialNumber", device.serial_number())
                        .optional("EnableDate", enable_date(device));
                });
            }
        });
        result.element("IsTruncated", false);
    }
}

fn enable_date(device: &MfaDeviceRecord) -> Option<String> {
    device.enabled.as_ref().map(|enabled| enabled.since.iso8601())
}

pub(super) struct ListVirtualMfaDevices;

pub(super) struct List {
    assigned: Option<bool>,
    paging: Paging,
}

impl QueryOperation for ListVirtualMfaDevices {
    const NAME: &'static str = "ListVirtualMFADevices";
    const ACTION: &'static str = "iam:ListVirtualMFADevices";

    type Input = List;
    type Output = (AccountRecord, Page<DeviceOfUser>);

    fn parse(parameters: &mut Parameters) -> Option<List> {
        let words = [
            ("Assigned", Some(true)),
            ("Unassigned", Some(false)),
            ("Any", None),
        ];
        let assigned = parameters.choice("AssignmentStatus", &words);
        let paging = Paging::read(parameters);
        Some(List {
            assigned: assigned?.flatten(),
            paging: paging?,
        })
    }

    async fn resource(_: &QueryCall, _: &List) -> Result<String, QueryError> {
        Ok("*".to_owned())
    }

    async fn execute(call: &QueryCall, input: List) -> Result<Self::Output, QueryError> {
        let (account, identity) = (call.account()?, call.identity());
        let List { assigned, paging } = input;
        let page = identity.virtual_mfa_devices(account, assigned, paging.after.as_deref(), paging.limit);
        let page = page.await?;
        Ok((identity.account(account).await?, page))
    }

    fn write((account, page): &Self::Output, result: &mut Writer) {
        result.nested("VirtualMFADevices", |list| {
            for DeviceOfUser { device, user } in &page.items {
                list.nested("member", |member| {
                    member.element("SerialNumber", device.serial_number());
                    match (&device.enabled, user) {
                        (_, Some(user)) => {
                            member.nested("User", |writer| output::user(writer, user, false));
                        }
                        (
                            Some(Enabled {
                                holder: Holder::Root, ..
                            }),
                            None,
                        ) => {
                            member.nested("User", |writer| output::root_user(writer, account));
                        }
                        _ => {}
                    }
                    member.optional("EnableDate", enable_date(device));
                });
            }
        });
        output::paging(result, page);
    }
}
