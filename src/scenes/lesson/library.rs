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
    "efficiency-or-correctness",
    "what-a-fence-lets-through",
    "disconnected-not-expired",
    "majority-of-clocks",
    "one-retry-done-twice",
    "unanimity-not-majority",
    "killed-or-powered-off",
    "blocking-is-not-deadlock",
    "presume-abort",
    "where-a-key-lives",
    "points-are-not-servers",
];

pub fn find(name: &str) -> Option<&'static Shelved> {
    LESSONS.iter().find(|lesson| lesson.name == name)
}
