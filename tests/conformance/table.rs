//! Reading a recorded table.

use std::{collections::HashMap, error::Error, fs::File, path::Path, path::PathBuf, rc::Rc};

/// The tables of a directory: name and path.
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
    /// The column of this name. A name that the table does not have is a fault of the test.
    pub fn get(&self, column: &str) -> &str {
        let index = self.header.get(column).unwrap_or_else(|| panic!("no column {column}"));
        &self.fields[*index]
    }

    /// A flag.
    pub fn is(&self, column: &str) -> bool {
        match self.get(column) {
            "0" => false,
            "1" => true,
            other => panic!("column {column} is {other}, expected 0 or 1"),
        }
    }

    /// A word or number, read by its type.
    pub fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, column: &str) -> T {
        self.get(column).parse().unwrap_or_else(|error| panic!("column {column}: {error:?}"))
    }

    /// The table has this column.
    pub fn has(&self, column: &str) -> bool {
        self.header.contains_key(column)
    }
}

/// The columns of a table and its rows.
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
