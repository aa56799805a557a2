//! Reads a recorded table.

use std::{collections::HashMap, error::Error, fs::File, path::Path, path::PathBuf, rc::Rc};

/// Returns the names and paths of the tables in a folder.
pub fn find(directory: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".csv.gz"));
        if let Some(name) = name {
            found.push((name.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}

/// One recorded decision.
#[derive(Clone)]
pub struct Row {
    header: Rc<HashMap<String, usize>>,
    fields: csv::StringRecord,
}

impl Row {
    /// Returns a column by name. It panics for a name that the table does not have.
    pub fn get(&self, column: &str) -> &str {
        let index = self.header.get(column).unwrap_or_else(|| panic!("no column {column}"));
        &self.fields[*index]
    }

    /// Reads a flag.
    pub fn is(&self, column: &str) -> bool {
        match self.get(column) {
            "0" => false,
            "1" => true,
            other => panic!("column {column} is {other}, expected 0 or 1"),
        }
    }

    /// Reads a word or number by its type.
    pub fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, column: &str) -> T {
        self.get(column).parse().unwrap_or_else(|error| panic!("column {column}: {error:?}"))
    }

    /// Returns whether the table has this column.
    pub fn has(&self, column: &str) -> bool {
        self.header.contains_key(column)
    }
}

/// Reads the columns and rows of a table.
pub fn read(path: &Path) -> Result<(Vec<String>, Vec<Row>), Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(File::open(path)?));
    let columns: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let header = Rc::new(columns.iter().cloned().zip(0..).collect::<HashMap<_, _>>());
    let rows = reader
        .into_records()
        .map(|fields| Ok(Row { header: Rc::clone(&header), fields: fields? }))
        .collect::<Result<_, csv::Error>>()?;
    Ok((columns, rows))
}
