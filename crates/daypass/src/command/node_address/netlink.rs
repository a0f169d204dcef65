//! One request to the kernel: another address for the loopback interface (rtnetlink(7)).

use std::net::IpAddr;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

/// What became of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// It was added.
    Now,
    /// The interface had it.
    Before,
}

/// In every network namespace the loopback interface is the first one (`LOOPBACK_IFINDEX`).
const LOOPBACK: u32 = 1;
/// `NLMSG_ERROR`, also with error 0: done.
const ERROR: u16 = 2;
const NEW_ADDRESS: u16 = 20;
/// `NLM_F_REQUEST | NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE`.
const FLAGS: u16 = 0x1 | 0x4 | 0x200 | 0x400;
const ATTRIBUTE_ADDRESS: u16 = 1;
const ATTRIBUTE_LOCAL: u16 = 2;
/// `RT_SCOPE_HOST`: the address is good on this node only.
const SCOPE_HOST: u8 = 254;
/// `IFA_F_NODAD`: an IPv6 address can be listened at as soon as it is there. Nobody else can have it
/// on this interface, so there is nothing to wait for.
const NO_DETECTION: u8 = 0x02;
/// Of `nlmsghdr`.
const HEADER: usize = 16;

/// Adds one address as a host route: /32 or /128.
pub(super) fn add_to_loopback(address: IpAddr) -> Result<Added, Errno> {
    // No protocol is NETLINK_ROUTE.
    let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, &request(address), SendFlags::empty(), &kernel)?;
    let mut answer = [0_u8; 1024];
    let (_, length) = recv(&socket, &mut answer, RecvFlags::empty())?;
    match outcome(answer.get(..length).unwrap_or_default())? {
        0 => Ok(Added::Now),
        code => match Errno::from_raw_os_error(code) {
            Errno::EXIST => Ok(Added::Before),
            error => Err(error),
        },
    }
}

/// The message, in this machine's byte order.
fn request(address: IpAddr) -> Vec<u8> {
    let (family, bytes) = match address {
        IpAddr::V4(v4) => (AddressFamily::INET, v4.octets().to_vec()),
        IpAddr::V6(v6) => (AddressFamily::INET6, v6.octets().to_vec()),
    };
    // No family's number and no length is above 255 here.
    let small = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let mut body = vec![
        small(usize::from(family.as_raw())),
        small(bytes.len() * 8),
        NO_DETECTION,
        SCOPE_HOST,
    ];
    body.extend(LOOPBACK.to_ne_bytes());
    for kind in [ATTRIBUTE_LOCAL, ATTRIBUTE_ADDRESS] {
        body.extend((4 + u16::from(small(bytes.len()))).to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(&bytes);
    }
    let length = u32::from(small(HEADER + body.len()));
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(NEW_ADDRESS.to_ne_bytes());
    message.extend(FLAGS.to_ne_bytes());
    // Sequence number and port: there is one request, and the kernel fills the port in.
    message.extend(1_u32.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes());
    message.extend(body);
    message
}

/// The error number that the kernel answered, 0 for none.
fn outcome(answer: &[u8]) -> Result<i32, Errno> {
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok());
    let code = answer
        .get(HEADER..HEADER + 4)
        .and_then(|bytes| bytes.try_into().ok());
    match (kind.map(u16::from_ne_bytes), code.map(i32::from_ne_bytes)) {
        (Some(ERROR), Some(code)) => Ok(code.saturating_neg()),
        _ => Err(Errno::BADMSG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_as_long_as_they_say() {
        for (address, length) in [("169.254.170.23", 40_u32), ("fd00:ec2::23", 64)] {
            let message = request(address.parse().unwrap());
            assert_eq!(message.len(), usize::try_from(length).unwrap());
            assert_eq!(message[..4], length.to_ne_bytes());
        }
        let message = request("169.254.170.23".parse().unwrap());
        assert_eq!(message[16..20], [2, 32, 2, 254]);
        assert_eq!(message[28..32], [169, 254, 170, 23]);
        assert_eq!(message[36..40], [169, 254, 170, 23]);
    }

    #[test]
    fn errors_are_negative_and_other_answers_are_none() {
        let answer = |kind: u16, code: i32| {
            let mut bytes = vec![0; 20];
            bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
            bytes[16..20].copy_from_slice(&code.to_ne_bytes());
            bytes
        };
        assert_eq!(outcome(&answer(ERROR, 0)), Ok(0));
        assert_eq!(outcome(&answer(ERROR, -17)), Ok(17));
        assert_eq!(outcome(&answer(NEW_ADDRESS, 0)), Err(Errno::BADMSG));
        assert_eq!(outcome(&answer(ERROR, -17)[..18]), Err(Errno::BADMSG));
    }
}
