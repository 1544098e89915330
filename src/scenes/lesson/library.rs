//! The lessons that come with the project.

/// A lesson on the shelf: its name, its file, its words in English and in Chinese.
pub struct Shelved {
    pub name: &'static str,
    pub lesson: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

macro_rules! shelf {
    ($($name:literal),* $(,)?) => {
        &[$(Shelved {
            name: $name,
            lesson: include_str!(concat!("../../../lessons/", $name, ".lesson")),
            en: include_str!(concat!("../../../lessons/", $name, ".en.txt")),
            zh: include_str!(concat!("../../../lessons/", $name, ".zh.txt")),
        }),*]
    };
}

/// In the order in which a course may take them.
pub static LESSONS: &[Shelved] = shelf![
    "valid-lease-wrong-write",
    "points-are-not-servers",
    "disconnected-not-expired",
    "one-retry-two-owners",
    "majority-of-clocks",
    "blocking-is-not-deadlock",
    "presume-abort",
];

pub fn find(name: &str) -> Option<&'static Shelved> {
    LESSONS.iter().find(|lesson| lesson.name == name)
}
