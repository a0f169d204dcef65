//! A virtual MFA device as its owner has it: an app with the seed.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key as HmacKey, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::server::{Key, Refused, Server, session_of, text};

pub(crate) struct Device {
    pub(crate) serial: String,
    seed: Vec<u8>,
}

impl Device {
    /// Makes a device that is nobody's.
    pub(crate) async fn create(server: &Server, name: &str) -> Self {
        let answer = server
            .ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)])
            .await;
        let device = &answer["VirtualMFADevice"];
        let base32 = STANDARD.decode(text(&device["Base32StringSeed"])).unwrap();
        Self {
            serial: text(&device["SerialNumber"]).to_owned(),
            seed: base32_decoded(&base32),
        }
    }

    /// Makes a device and enables it for a user; the present code is used up.
    pub(crate) async fn of(server: &Server, user: &str) -> Self {
        let device = Self::create(server, user).await;
        device.enable(server, user, -30, 0).await.unwrap();
        device
    }

    /// The code at some seconds from now.
    pub(crate) fn code(&self, server: &Server, seconds: i64) -> String {
        let step = (server.door.now().as_second() + seconds).div_euclid(30);
        let tag = sign(
            &HmacKey::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.seed),
            &step.to_be_bytes(),
        );
        let hash = tag.as_ref();
        let at = usize::from(hash[19] & 15);
        let taken = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", taken % 1_000_000)
    }

    /// Enables it with the codes at these seconds from now.
    pub(crate) async fn enable(
        &self,
        server: &Server,
        user: &str,
        first: i64,
        second: i64,
    ) -> Result<(), Refused> {
        self.pair(server, "EnableMFADevice", user, first, second)
            .await
    }

    /// An operation with two codes.
    pub(crate) async fn pair(
        &self,
        server: &Server,
        action: &str,
        user: &str,
        first: i64,
        second: i64,
    ) -> Result<(), Refused> {
        let codes = [self.code(server, first), self.code(server, second)];
        let parameters = [
            ("UserName", user),
            ("SerialNumber", &self.serial),
            ("AuthenticationCode1", &codes[0]),
            ("AuthenticationCode2", &codes[1]),
        ];
        server.call(action, &parameters).await.map(|_| ())
    }

    /// A session of the user with this code.
    pub(crate) async fn session(
        &self,
        server: &Server,
        key: &Key,
        code: &str,
    ) -> Result<Key, Refused> {
        let parameters = [("SerialNumber", &*self.serial), ("TokenCode", code)];
        let answer = server
            .ask("sts", Some(key), "GetSessionToken", &parameters)
            .await?;
        Ok(session_of(&answer))
    }
}

fn base32_decoded(text: &[u8]) -> Vec<u8> {
    let values = text.iter().map(|letter| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'2'..=b'7' => letter - b'2' + 26,
        other => panic!("no base32: {other}"),
    });
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for value in values {
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}
