//! The networks and domains that a sandbox may reach, checked for their form.

use crate::vocabulary::{FieldError, names};
use alloc::boxed::Box;
use core::{fmt, iter, net::IpAddr, str};

/// The networks that a sandbox may reach: CIDRs such as `10.0.0.0/8` or `2001:db8::/32`, separated by commas.
///
/// The API publishes only this form, so only the form is checked. Any number of entries is accepted, and so are bits
/// after the prefix. The text is kept unchanged; an empty text is an empty list.
///
/// ```
/// use sandbox_lifecycle::record::NetworkAllowList;
/// let list: NetworkAllowList = "10.0.0.0/8, 192.168.1.0/24".parse()?;
/// assert_eq!(list.iter().count(), 2);
/// assert_eq!(
///     "10.0.0.0/8,10.0.0.0/33".parse::<NetworkAllowList>().unwrap_err().to_string(),
///     "networkAllowList is \"10.0.0.0/33\", expected CIDRs separated by commas, such as 10.0.0.0/8"
/// );
/// # Ok::<(), sandbox_lifecycle::vocabulary::FieldError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetworkAllowList(Box<str>);

/// The domains that a sandbox may reach: names such as `example.com`, or `*.example.com` for all names below it.
///
/// A name consists of labels of letters, digits and inner hyphens, up to 63 in a label and 253 in all (RFC 1123); a
/// wildcard replaces the whole first label. The API publishes only "domains, separated by commas". The text is kept
/// unchanged; an empty text is an empty list.
///
/// ```
/// use sandbox_lifecycle::record::DomainAllowList;
/// assert!("example.com,*.example.org".parse::<DomainAllowList>().is_ok());
/// assert_eq!(
///     "https://example.com".parse::<DomainAllowList>().unwrap_err().to_string(),
///     "domainAllowList is \"https://example.com\", expected domains separated by commas, such as example.com or \
///      *.example.com"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainAllowList(Box<str>);

macro_rules! allow_list {
    ($list:ident, $field:ident, $is_allowed:ident, $allowed:literal) => {
        impl $list {
            /// Returns the entries, without the space around them.
            pub fn iter(&self) -> impl Iterator<Item = &str> {
                self.into_iter()
            }

            /// Returns the text of the list.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl str::FromStr for $list {
            type Err = FieldError;
            /// # Errors
            /// Names the first entry that is not allowed.
            fn from_str(text: &str) -> Result<Self, FieldError> {
                let mut entries = text.split(',').map(str::trim).filter(|_| !text.trim().is_empty());
                match entries.find(|entry| !$is_allowed(entry)) {
                    Some(entry) => Err(FieldError::of_text(names::$field, entry, $allowed)),
                    None => Ok(Self(text.into())),
                }
            }
        }
        impl<'a> IntoIterator for &'a $list {
            type Item = &'a str;
            type IntoIter = iter::Map<str::SplitTerminator<'a, char>, fn(&'a str) -> &'a str>;
            fn into_iter(self) -> Self::IntoIter {
                self.0.trim().split_terminator(',').map(str::trim)
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

fn is_cidr(entry: &str) -> bool {
    let (address, prefix) = entry.split_once('/').unwrap_or_default();
    let longest = address.parse().map(|address: IpAddr| if address.is_ipv4() { 32 } else { 128 });
    // A `u8` is also parsed with a plus sign.
    let prefix = prefix.parse::<u8>().ok().filter(|_| !prefix.starts_with('+'));
    longest.is_ok_and(|longest| prefix.is_some_and(|prefix| prefix <= longest))
}

fn is_domain(entry: &str) -> bool {
    let name = entry.strip_prefix("*.").unwrap_or(entry);
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(is_inner) && !label.starts_with('-') && !label.ends_with('-')
}
