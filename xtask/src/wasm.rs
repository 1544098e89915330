//! As much of WebAssembly's binary format as is needed to rename what modules import and export.

pub const IMPORTS: u8 = 2;
pub const EXPORTS: u8 = 7;

/// The sections of a module after its first eight bytes, each with its kind; none where it is not laid out as the standard
/// says, and nothing after that.
pub fn sections(module: &[u8]) -> impl Iterator<Item = Option<(u8, &[u8])>> {
    let mut reader = Reader { bytes: module, at: 8 };
    std::iter::from_fn(move || {
        if reader.at >= module.len() {
            return None;
        }
        let section = reader.section();
        if section.is_none() {
            reader.at = module.len();
        }
        Some(section)
    })
}

/// What a section of imports holds: module, name, and the type as it is written; none where it ends too early, and nothing
/// after that.
pub fn imports(content: &[u8]) -> impl Iterator<Item = Option<(&[u8], &[u8], &[u8])>> {
    let mut reader = Reader { bytes: content, at: 0 };
    let mut left = reader.number();
    std::iter::from_fn(move || {
        let Some(count) = left else {
            left = Some(0);
            return Some(None);
        };
        left = Some(count.checked_sub(1)?);
        let import = reader.import();
        if import.is_none() {
            left = Some(0);
        }
        Some(import)
    })
}

/// The content of a section of such imports.
pub fn imports_section<N: AsRef<[u8]>>(imports: &[(&[u8], N, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, imports.len());
    for (from, name, of) in imports {
        text(&mut out, from);
        text(&mut out, name.as_ref());
        out.extend(*of);
    }
    out
}

/// LEB128, as WebAssembly writes its numbers.
pub fn number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len());
    out.extend(bytes);
}

pub struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    fn section(&mut self) -> Option<(u8, &'a [u8])> {
        let kind = self.byte()?;
        Some((kind, self.text()?))
    }

    fn import(&mut self) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        let (from, name) = (self.text()?, self.text()?);
        let start = self.at;
        self.import_type()?;
        Some((from, name, self.bytes.get(start..self.at)?))
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.at += 1;
        self.bytes.get(self.at - 1).copied()
    }

    pub fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let start = self.at;
        self.at = start.checked_add(size)?;
        self.bytes.get(start..self.at)
    }

    pub fn text(&mut self) -> Option<&'a [u8]> {
        let size = self.number()?;
        self.take(size)
    }

    /// Over the type of an import.
    fn import_type(&mut self) -> Option<()> {
        let limits = |reader: &mut Self| {
            let flags = reader.byte()?;
            reader.number()?;
            if flags & 1 == 1 { reader.number().map(drop) } else { Some(()) }
        };
        match self.byte()? {
            0 => self.number().map(drop),
            1 => {
                self.byte()?;
                limits(self)
            }
            2 => limits(self),
            3 => self.take(2).map(drop),
            4 => {
                self.byte()?;
                self.number().map(drop)
            }
            _ => None,
        }
    }
}
