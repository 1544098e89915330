//! A map and a sort for short lists.
//!
//! std's tree and sorts are made for many elements, and each use of them adds several kilobytes to the page. What is kept
//! here has a handful: armed trips, open transactions, the keys on a node.

/// A map as a list in ascending order. It hashes and compares like a `BTreeMap`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Map(Vec::new())
    }
}

impl<K: Ord, V> Map<K, V> {
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the key is, or where it would be.
    fn find(&self, key: &K) -> Result<usize, usize> {
        // From the end: what is added comes mostly in order.
        let mut at = self.0.len();
        if at > 16 {
            return self.0.binary_search_by(|(k, _)| k.cmp(key));
        }
        while at > 0 {
            match self.0[at - 1].0.cmp(key) {
                std::cmp::Ordering::Less => break,
                std::cmp::Ordering::Equal => return Ok(at - 1),
                std::cmp::Ordering::Greater => at -= 1,
            }
        }
        Err(at)
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    /// The value that was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// The key's value, which is `value` if it had none.
    pub fn or_insert(&mut self, key: K, value: V) -> &mut V {
        let at = self.find(&key).unwrap_or_else(|at| {
            self.0.insert(at, (key, value));
            at
        });
        &mut self.0[at].1
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }
}

impl<K, V> Map<K, V> {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Map::new();
        for (key, value) in pairs {
            map.insert(key, value);
        }
        map
    }
}

/// Sorts a short list by a key; what has equal keys stays in its order.
pub fn sort_few<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && key(&list[at - 1]) > key(&list[at]) {
            list.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::wide;
    use std::collections::BTreeMap;

    #[test]
    fn a_map_does_and_hashes_what_a_tree_does() {
        let (mut map, mut tree) = (Map::new(), BTreeMap::new());
        for n in 0_u32..2_000 {
            let key = n.wrapping_mul(2_654_435_761) % 97;
            if n % 3 == 0 {
                assert_eq!(map.remove(&key), tree.remove(&key));
            } else if n % 3 == 1 {
                assert_eq!(map.insert(key, n), tree.insert(key, n));
            } else {
                *map.or_insert(key, 0) += 1;
                *tree.entry(key).or_insert(0) += 1;
            }
            assert_eq!((map.get(&key), map.len()), (tree.get(&key), tree.len()));
            assert_eq!(wide(&map), wide(&tree));
        }
        assert!(map.iter().eq(tree.iter()) && map.keys().eq(tree.keys()) && map.values().eq(tree.values()));
    }

    #[test]
    fn a_short_list_is_sorted_stably() {
        let mut list = [(3, 'a'), (1, 'b'), (3, 'c'), (0, 'd'), (1, 'e')];
        sort_few(&mut list, |pair| pair.0);
        assert_eq!(list, [(0, 'd'), (1, 'b'), (1, 'e'), (3, 'a'), (3, 'c')]);
    }
}
