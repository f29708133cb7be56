//! The points of a dataset: made up, the same again for the same seed, and in the real ones' form.
//! Pure; they are not the real generators' points.

use std::f64::consts::{PI, TAU};

use serde_json::{Map, Value};

/// The three parts of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Points {
    pub(crate) classes: usize,
    pub(crate) train: Vec<Point>,
    pub(crate) validation: Vec<Point>,
    pub(crate) test: Vec<Point>,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) place: [f32; 2],
    pub(crate) class: usize,
}

/// More rows than this are not made.
const MOST: usize = 200_000;

/// The points of a generator with its whole set of parameters.
pub(crate) fn make(generator: &str, parameters: &Map<String, Value>, seed: u64) -> Points {
    let of = Parameters(parameters);
    let classes = if generator == "spiral" {
        of.count("n_spirals")
    } else {
        2
    };
    let size = match generator {
        "spiral" => classes * of.count("n_points_per_spiral"),
        "xor" => 4 * of.count("n_points_per_quadrant"),
        _ => of.count("n_samples"),
    };
    let size = size.clamp(1, MOST);
    let part = |fraction: f64| whole(number(size) * fraction).min(MOST);
    let (train, validation, test) = if of.text("sizing_mode") == "carve" {
        let train = part(of.number("train_ratio")).min(size);
        let validation = part(of.number("val_ratio")).min(size - train);
        (train, validation, size - train - validation)
    } else {
        let percent = |name| part(of.number(name) / 100.0);
        (size, percent("val_percent"), percent("test_percent"))
    };
    let mut random = Random(seed);
    let mut rows = |count: usize| -> Vec<Point> {
        let mut rows: Vec<Point> = (0..count)
            .map(|row| Point {
                place: place(generator, &of, row, classes, &mut random),
                class: row % classes.max(1),
            })
            .collect();
        for row in (1..rows.len()).rev() {
            rows.swap(row, random.below(row + 1));
        }
        rows
    };
    Points {
        classes,
        train: rows(train),
        validation: rows(validation),
        test: rows(test),
    }
}

fn place(
    generator: &str,
    of: &Parameters<'_>,
    row: usize,
    classes: usize,
    random: &mut Random,
) -> [f32; 2] {
    let class = row % classes.max(1);
    let along = random.fraction();
    let (x, y) = match generator {
        "spiral" => {
            let turn = if of.flag("clockwise") { -TAU } else { TAU };
            let angle =
                along * of.number("n_rotations") * turn + TAU * number(class) / number(classes);
            let radius = along * of.number("radius");
            (radius * angle.cos(), radius * angle.sin())
        }
        "xor" => {
            let margin = of.number("margin");
            let x = margin + along * (of.number("x_range") - margin);
            let y = margin + random.fraction() * (of.number("y_range") - margin);
            let left = row / 2 % 2 == 1;
            // Equal signs are the one class, different ones the other.
            let below = left != (class == 1);
            (if left { -x } else { x }, if below { -y } else { y })
        }
        "circles" => {
            let inner = if class == 1 { of.number("factor") } else { 1.0 };
            let radius = of.number("outer_radius") * inner;
            (radius * (along * TAU).cos(), radius * (along * TAU).sin())
        }
        _ => {
            let (x, y) = ((along * PI).cos(), (along * PI).sin());
            if class == 0 {
                (x, y)
            } else {
                (1.0 - x, 0.5 - y)
            }
        }
    };
    let noise = of.number("noise");
    [
        narrow(x + noise * random.normal()),
        narrow(y + noise * random.normal()),
    ]
}

struct Parameters<'map>(&'map Map<String, Value>);

impl Parameters<'_> {
    fn number(&self, name: &str) -> f64 {
        self.0.get(name).and_then(Value::as_f64).unwrap_or_default()
    }

    fn count(&self, name: &str) -> usize {
        let count = self.0.get(name).and_then(Value::as_u64).unwrap_or(1);
        usize::try_from(count).unwrap_or(MOST).clamp(1, MOST)
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(true)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts here are small")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a conversion from a float saturates, and none here is negative"
)]
fn whole(number: f64) -> usize {
    number.round() as usize
}

#[expect(clippy::cast_possible_truncation, reason = "arrays hold 32 bits")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// `SplitMix64`: small, and good enough for points that mean nothing.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to less than 1.
    fn fraction(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(bits) / 4_294_967_296.0
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.fraction()).ln()).sqrt();
        radius * (TAU * self.fraction()).cos()
    }

    fn below(&mut self, bound: usize) -> usize {
        whole((self.fraction() * number(bound)).floor())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::generator;
    use super::*;

    fn points(name: &str, given: Value) -> Points {
        let Value::Object(given) = given else {
            panic!("not an object");
        };
        let parameters = generator::parameters(generator::named(name).unwrap(), &given).unwrap();
        make(name, &parameters, 7)
    }

    #[test]
    fn a_dataset_is_as_large_as_the_real_one_and_balanced() {
        for (name, given, sizes) in [
            ("spiral", json!({"n_points_per_spiral": 50}), (100, 40, 30)),
            (
                "spiral",
                json!({"n_spirals": 3, "n_points_per_spiral": 100}),
                (300, 120, 90),
            ),
            ("xor", json!({}), (200, 80, 60)),
            ("circles", json!({}), (100, 40, 30)),
            ("moon", json!({"sizing_mode": "carve"}), (160, 0, 40)),
        ] {
            let made = points(name, given.clone());
            let found = (made.train.len(), made.validation.len(), made.test.len());
            assert_eq!(found, sizes, "{name}");
            let first = made.train.iter().filter(|it| it.class == 0).count();
            assert_eq!(first, sizes.0.div_ceil(made.classes), "{name}");
            assert_eq!(made, points(name, given), "the same again");
            assert!(
                made.train
                    .iter()
                    .all(|it| it.place.iter().all(|x| x.is_finite()))
            );
        }
    }

    #[test]
    fn the_classes_of_xor_are_told_by_the_signs() {
        for point in points("xor", json!({})).train {
            let [x, y] = point.place;
            assert_eq!(usize::from(x * y < 0.0), point.class, "{point:?}");
        }
    }
}
