//! The query of a list request: filters, order and page, with every parameter of 0.226.

use super::http::{HttpMethod, HttpRequest, add_parameter, parameters, yes_or_no};
use crate::policy::ApiProfile;
use crate::vocabulary::{FieldError, FieldErrors, SandboxClass, SandboxState, names, word_list};
use alloc::{string::String, string::ToString, vec::Vec};
use chrono::{DateTime, SecondsFormat, Utc};

word_list! {
    /// The field by which a list is sorted.
    #[non_exhaustive]
    #[strum(serialize_all = "camelCase")]
    #[allow(missing_docs, reason = "each is the field of that name")]
    pub enum ListSort is "field to sort by" {
        Name,
        Cpu,
        MemoryGib,
        DiskGib,
        LastActivityAt,
        CreatedAt,
    }
}

word_list! {
    /// The direction in which a list is sorted.
    #[strum(serialize_all = "lowercase")]
    pub enum ListOrder is "direction to sort in" {
        /// The smallest first.
        Asc,
        /// The largest first.
        Desc,
    }
}

/// A filter that the API of a profile does not know. The older server would ignore it and list too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the API 0.190 has no filter {0}")]
pub struct UnknownFilter(&'static str);

/// The value of a parameter, which may be absent.
trait Parameter {
    fn texts(&self) -> Vec<String>;
    fn read(&mut self, name: &'static str, value: &str) -> Result<(), FieldError>;
}

/// The most sandboxes of a page (published).
const MOST_ON_A_PAGE: u32 = 200;

/// Declares the query: each field with its name on the wire, and whether it is newer than 0.190.
macro_rules! query {
    ($($(#[$doc:meta])* $field:ident: $type:ty as $name:ident $($newer:ident)?,)+) => {
        /// The query of a list request.
        ///
        /// ```
        /// use sandbox_lifecycle::{ApiProfile, SandboxState, record::ListQuery};
        /// let query = ListQuery { states: vec![SandboxState::Started], is_public: Some(false), ..ListQuery::default() };
        /// assert_eq!(query.http(ApiProfile::V0_226)?.to_string(), "GET /sandbox?states=started&isPublic=false");
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct ListQuery {
            $($(#[$doc])* pub $field: $type,)+
        }

        impl ListQuery {
            /// Returns the request on the wire.
            ///
            /// # Errors
            ///
            /// The API of this profile does not know a filter.
            pub fn http(&self, profile: ApiProfile) -> Result<HttpRequest, UnknownFilter> {
                let mut query = String::new();
                $(
                    for text in self.$field.texts() {
                        let is_newer = newer!($($newer)?);
                        if is_newer && profile == ApiProfile::V0_190 {
                            return Err(UnknownFilter(names::$name));
                        }
                        add_parameter(&mut query, names::$name, &text);
                    }
                )+
                Ok(HttpRequest { method: HttpMethod::Get, path: String::from("/sandbox"), query, body: None })
            }

            /// Reads the query of a request, without its question mark. Unknown parameters are ignored. A parameter that is not a
            /// list counts once: the last.
            ///
            /// # Errors
            ///
            /// Every parameter with an invalid value.
            pub fn from_query(query: &str) -> Result<Self, FieldErrors> {
                FieldErrors::collect(|errors| {
                    let mut read = Self::default();
                    for (name, value) in parameters(query) {
                        let result = match name.as_ref() {
                            $(names::$name => read.$field.read(names::$name, &value),)+
                            _ => Ok(()),
                        };
                        errors.extend(result.err());
                    }
                    if let Some(limit) = read.limit.filter(|limit| !(1..=MOST_ON_A_PAGE).contains(limit)) {
                        let allowed = format_args!("a whole number from 1 to {MOST_ON_A_PAGE}");
                        errors.push(FieldError::new(names::limit, limit, allowed));
                    }
                    read
                })
            }
        }
    };
}

macro_rules! newer {
    () => {
        false
    };
    (newer) => {
        true
    };
}

query! {
    /// Where the page begins: the cursor of the page before.
    cursor: Option<String> as cursor,
    /// How many sandboxes a page has at most, from 1 to 200.
    limit: Option<u32> as limit,
    /// The identifier begins so.
    id: Option<String> as id,
    /// The name begins so.
    name: Option<String> as name,
    /// The labels, as a JSON object of texts.
    labels: Option<String> as labels,
    /// Whether failed sandboxes with desired state destroyed are listed too.
    include_errored_deleted: Option<bool> as include_errored_deleted,
    /// Whether unclaimed sandboxes of a warm pool are listed too.
    include_warm: Option<bool> as include_warm newer,
    /// In one of these states.
    states: Vec<SandboxState> as states,
    /// From one of these snapshots.
    snapshots: Vec<String> as snapshots,
    /// In one of these regions.
    region_ids: Vec<String> as region_ids,
    /// Of one of these classes.
    sandbox_classes: Vec<SandboxClass> as sandbox_classes,
    /// At least so many CPU cores.
    min_cpu: Option<u32> as min_cpu,
    /// At most so many CPU cores.
    max_cpu: Option<u32> as max_cpu,
    /// At least so many GB of memory.
    min_memory: Option<u32> as min_memory_gi_b,
    /// At most so many GB of memory.
    max_memory: Option<u32> as max_memory_gi_b,
    /// At least so many GB of disk.
    min_disk: Option<u32> as min_disk_gi_b,
    /// At most so many GB of disk.
    max_disk: Option<u32> as max_disk_gi_b,
    /// At least so many GPUs.
    min_gpu: Option<u32> as min_gpu newer,
    /// At most so many GPUs.
    max_gpu: Option<u32> as max_gpu newer,
    /// Whether the HTTP preview is public.
    is_public: Option<bool> as is_public,
    /// Whether the recover command is accepted.
    is_recoverable: Option<bool> as is_recoverable,
    /// Created after this time.
    created_after: Option<DateTime<Utc>> as created_at_after,
    /// Created before this time.
    created_before: Option<DateTime<Utc>> as created_at_before,
    /// Last used or changed after this time.
    last_event_after: Option<DateTime<Utc>> as last_event_after,
    /// Last used or changed before this time.
    last_event_before: Option<DateTime<Utc>> as last_event_before,
    /// Its time to live ends after this time.
    auto_destroy_after: Option<DateTime<Utc>> as auto_destroy_at_after newer,
    /// Its time to live ends before this time.
    auto_destroy_before: Option<DateTime<Utc>> as auto_destroy_at_before newer,
    /// The field to sort by.
    sort: Option<ListSort> as sort,
    /// The direction to sort in.
    order: Option<ListOrder> as order,
}

/// A value that is one text.
trait Single: Sized {
    fn text(&self) -> String;
    fn parse(name: &'static str, text: &str) -> Result<Self, FieldError>;
}

impl Single for String {
    fn text(&self) -> String {
        self.clone()
    }
    fn parse(_: &'static str, text: &str) -> Result<Self, FieldError> {
        Ok(text.into())
    }
}
impl Single for u32 {
    fn text(&self) -> String {
        self.to_string()
    }
    fn parse(name: &'static str, text: &str) -> Result<Self, FieldError> {
        let allowed = format_args!("a whole number from 0 to {}", Self::MAX);
        text.parse().map_err(|_| FieldError::of_text(name, text, allowed))
    }
}
impl Single for bool {
    fn text(&self) -> String {
        self.to_string()
    }
    fn parse(name: &'static str, text: &str) -> Result<Self, FieldError> {
        yes_or_no(name, text)
    }
}
impl Single for DateTime<Utc> {
    fn text(&self) -> String {
        self.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
    fn parse(name: &'static str, text: &str) -> Result<Self, FieldError> {
        let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
        time.map_err(|_| FieldError::of_text(name, text, "an RFC 3339 time, such as 2024-10-01T12:00:00Z"))
    }
}

/// Words of closed lists.
macro_rules! words {
    ($($word:ty)+) => {$(
        impl Single for $word {
            fn text(&self) -> String {
                self.as_str().into()
            }
            fn parse(name: &'static str, text: &str) -> Result<Self, FieldError> {
                text.parse().map_err(|unknown| FieldError::from_unknown_word(name, &unknown))
            }
        }
    )+};
}
words! { SandboxState SandboxClass ListSort ListOrder }

impl<T: Single> Parameter for Option<T> {
    fn texts(&self) -> Vec<String> {
        self.iter().map(T::text).collect()
    }
    fn read(&mut self, name: &'static str, value: &str) -> Result<(), FieldError> {
        *self = Some(T::parse(name, value)?);
        Ok(())
    }
}
impl<T: Single> Parameter for Vec<T> {
    fn texts(&self) -> Vec<String> {
        self.iter().map(T::text).collect()
    }
    fn read(&mut self, name: &'static str, value: &str) -> Result<(), FieldError> {
        self.push(T::parse(name, value)?);
        Ok(())
    }
}
