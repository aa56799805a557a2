//! The list of sandboxes, page by page.

use super::{Api, answer::Answer, answer::ApiError};
use crate::store::Value;
use axum::{Json, extract::RawQuery, extract::State};
use chrono::{DateTime, Utc};
use sandbox_lifecycle::{
    SandboxDto,
    record::{ListOrder, ListQuery, ListSort, Maybe, SandboxListItem, SandboxPage, TextMap},
};
use serde::{Deserialize, Serialize};

/// How many sandboxes a page has if the caller does not say (the published default).
const ON_A_PAGE: u32 = 100;

/// How many rows are read at a time: more than a page, because the filters are applied after reading.
const READ_AT_ONCE: u32 = 500;

/// Where the next page begins. It is opaque to callers.
#[derive(Serialize, Deserialize)]
struct Cursor {
    text: Option<String>,
    number: Option<i64>,
    time: Option<DateTime<Utc>>,
    id: String,
}

/// Answers with a page of the sandboxes that the query asks for.
///
/// The rows are read in the order of one column, from where the last page ended, and the crate's filters choose from them. A
/// server with a large fleet would have an index for each filter that its callers use; the cursor would stay the same.
pub async fn list(State(api): State<Api>, RawQuery(query): RawQuery) -> Answer<Json<SandboxPage>> {
    let query = ListQuery::from_query(&query.unwrap_or_default())?;
    let unreadable = |field: &str, error: &dyn std::fmt::Display| ApiError::new(400, format!("{field}: {error}"));
    let labels: Option<TextMap> =
        query.labels.as_deref().map(serde_json::from_str).transpose().map_err(|error| unreadable("labels", &error))?;
    let mut after = query.cursor.as_deref().map(Cursor::read).transpose()?;
    let limit = usize::try_from(query.limit.unwrap_or(ON_A_PAGE)).unwrap_or(usize::MAX);
    let column = column_of(query.sort);
    let descending = query.order.unwrap_or(ListOrder::Desc) == ListOrder::Desc;
    // One more than a page has: if there is one, another page follows.
    let mut found: Vec<SandboxDto> = Vec::new();
    loop {
        let page = api.platform.store.page(&api.organization_id, column, descending, after, READ_AT_ONCE).await?;
        let admitted = page.rows.into_iter().filter(|row| query.admits(&row.sandbox, labels.as_ref()));
        found.extend(admitted.map(|row| row.sandbox.into()));
        after = page.next;
        if after.is_none() || found.len() > limit {
            break;
        }
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let mut page = SandboxPage::new(found.iter().map(SandboxListItem::from).collect());
    let next = found.last().filter(|_| has_more);
    page.next_cursor = next.map_or(Maybe::Null, |last| Maybe::Value(Cursor::after(last, query.sort).text()));
    Ok(Json(page))
}

/// Returns the column by which a list is sorted; by default that of the creation.
fn column_of(sort: Option<ListSort>) -> &'static str {
    match sort {
        Some(ListSort::Name) => "name",
        Some(ListSort::Cpu) => "cpu",
        Some(ListSort::MemoryGib) => "memory",
        Some(ListSort::DiskGib) => "disk",
        Some(ListSort::LastActivityAt) => "last_activity_at",
        Some(_) | None => "created_at",
    }
}

impl Cursor {
    fn after(last: &SandboxDto, sort: Option<ListSort>) -> Self {
        let number = |number: &sandbox_lifecycle::record::Number| number.to_string().parse().ok();
        let time = |time: &Maybe<sandbox_lifecycle::record::Timestamp>| time.value().and_then(|time| time.time());
        let mut cursor = Self { text: None, number: None, time: None, id: last.id.clone() };
        match column_of(sort) {
            "name" => cursor.text = Some(last.name.clone()),
            "cpu" => cursor.number = number(&last.cpu),
            "memory" => cursor.number = number(&last.memory),
            "disk" => cursor.number = number(&last.disk),
            "last_activity_at" => cursor.time = time(&last.last_activity_at),
            _ => cursor.time = time(&last.created_at),
        }
        cursor
    }

    /// Returns the cursor as letters and digits.
    fn text(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default(); // Texts, numbers and times are always JSON.
        json.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads a cursor that this server wrote.
    fn read(text: &str) -> Result<(Value, String), ApiError> {
        let digits = text.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let json: Option<Vec<u8>> = digits.map(byte).collect();
        let cursor: Option<Self> = json.and_then(|json| serde_json::from_slice(&json).ok());
        let cursor = cursor.ok_or_else(|| ApiError::new(400, "cursor is not one that this server gave"))?;
        let value = cursor.text.map(Value::from).or(cursor.number.map(Value::from)).or(cursor.time.map(Value::from));
        Ok((value.unwrap_or(Value::Null), cursor.id))
    }
}
