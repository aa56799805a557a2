//! The networks and domains that a sandbox may reach, read from a caller and held against their form.

use crate::vocabulary::{FieldError, Quoted, names};
use alloc::boxed::Box;
use core::{fmt, net::IpAddr};

/// The networks a sandbox may reach: CIDRs such as `10.0.0.0/8` or `2001:db8::/32`, separated by commas.
///
/// What is published is the form, so only the form is checked; how many there may be is not, and nor is whether bits
/// beyond the prefix are zero. The text is kept as it was given.
///
/// ```
/// use sandbox_lifecycle::record::NetworkAllowList;
/// assert!(NetworkAllowList::read("10.0.0.0/8, 192.168.1.0/24").is_ok());
/// assert_eq!(
///     NetworkAllowList::read("10.0.0.0/8,10.0.0.0/33").unwrap_err().to_string(),
///     "networkAllowList is \"10.0.0.0/33\", expected CIDRs separated by commas, such as 10.0.0.0/8"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetworkAllowList(Box<str>);

/// The domains a sandbox may reach: names such as `example.com`, or `*.example.com` for all below one.
///
/// A name is labels of letters, digits and inner hyphens, up to 63 each and 253 in all (RFC 1123); a wildcard stands
/// for the whole first label. The published description says no more than "domains, separated by commas". The text
/// is kept as it was given.
///
/// ```
/// use sandbox_lifecycle::record::DomainAllowList;
/// assert!(DomainAllowList::read("example.com,*.example.org").is_ok());
/// assert_eq!(
///     DomainAllowList::read("https://example.com").unwrap_err().to_string(),
///     "domainAllowList is \"https://example.com\", expected domains separated by commas, such as example.com or \
///      *.example.com"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainAllowList(Box<str>);

macro_rules! allow_list {
    ($list:ident, $field:ident, $is_allowed:ident, $allowed:literal) => {
        impl $list {
            /// Reads a list; an empty text is an empty list.
            ///
            /// # Errors
            /// The first entry that is none.
            pub fn read(text: &str) -> Result<Self, FieldError> {
                match entries(text).find(|entry| !$is_allowed(entry)) {
                    Some(entry) => Err(FieldError::new(names::$field, Quoted(entry), $allowed)),
                    None => Ok(Self(text.into())),
                }
            }

            /// The entries, one by one.
            pub fn iter(&self) -> impl Iterator<Item = &str> {
                entries(&self.0)
            }

            /// The list as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $list {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}
allow_list!(NetworkAllowList, network_allow_list, is_cidr, "CIDRs separated by commas, such as 10.0.0.0/8");
allow_list!(
    DomainAllowList,
    domain_allow_list,
    is_domain,
    "domains separated by commas, such as example.com or *.example.com"
);

fn entries(text: &str) -> impl Iterator<Item = &str> {
    let is_empty = text.trim().is_empty();
    text.split(',').map(str::trim).filter(move |_| !is_empty)
}

fn is_cidr(entry: &str) -> bool {
    let Some((address, prefix)) = entry.split_once('/') else {
        return false;
    };
    let longest = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    is_number && prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest)
}

fn is_domain(entry: &str) -> bool {
    let name = entry.strip_prefix("*.").unwrap_or(entry);
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(is_inner) && !label.starts_with('-') && !label.ends_with('-')
}
