//! The dataset service's living half: it keeps what it makes in its storage directory, and says what
//! lies there. It decides nothing about what a dataset is.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::store::Store;
use crate::clock;
use crate::contract::data::{self, Storage};
use crate::contract::dataset::requested::{self, Chosen, Request, Wanted, WantedAll, body};
use crate::contract::dataset::{self, Plan, generator, npz};
use crate::contract::route::Route;
use crate::contract::{Answer, Asked, Claim};
use crate::failure::Failure;

/// The dataset service and its storage directory.
pub(crate) struct Data {
    store: Store,
}

impl Data {
    /// Makes the directory, as the real service does when it starts.
    pub(crate) fn start(storage: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&storage).map_err(|error| {
            Failure::start_up(&format!(
                "cannot make the storage directory {}: {error}",
                storage.display()
            ))
        })?;
        let store = Store { directory: storage };
        Ok(Self { store })
    }

    /// Answers one request.
    pub(crate) fn answer(&self, route: &Route, asked: &Asked, claim: Claim) -> Answer {
        match route {
            Route::Health => data::health(),
            Route::Live => data::live(&self.look()),
            Route::Ready => data::ready(&self.look(), claim, clock::timestamp()),
            Route::Data(request) => self
                .datasets(request, asked)
                .unwrap_or_else(|refusal| refusal),
            _ => super::foreign(),
        }
    }

    fn datasets(&self, request: &Request, asked: &Asked) -> Result<Answer, Answer> {
        let store = &self.store;
        Ok(match request {
            Request::Generators => Answer::json(200, &generator::catalogue()),
            Request::Schema(name) => {
                let entry = generator::named(name)
                    .ok_or_else(|| Answer::detail(404, &format!("Generator '{name}' not found")))?;
                let mut schema = entry.get("schema").cloned().unwrap_or_default();
                if let Some(fields) = schema.as_object_mut() {
                    fields.insert("available".to_owned(), json!(true));
                }
                Answer::json(200, &schema)
            }
            Request::Create => self.create(&body(asked)?)?,
            Request::List => {
                let ids = store.ids().into_iter();
                let limit = requested::count(asked, "limit", 100);
                let offset = requested::count(asked, "offset", 0);
                Answer::json(200, &ids.skip(offset).take(limit).collect::<Vec<_>>())
            }
            Request::Versions => {
                let name = requested::parameter(asked, "name").unwrap_or_default();
                dataset::versions(&name, &self.named(&name))
            }
            Request::Latest => {
                let name = requested::parameter(asked, "name").unwrap_or_default();
                let latest = self.named(&name).pop().ok_or_else(|| {
                    Answer::detail(404, &format!("No versions found for dataset '{name}'"))
                })?;
                Answer::json(200, &latest)
            }
            Request::Describe(id) => Answer::json(200, &self.found(id)?),
            Request::Delete(id) if store.remove(id) => Answer::empty(204),
            Request::Delete(id) => dataset::not_found(id),
            Request::Artifact(id) => {
                let artifact = store.artifact(id).ok_or_else(|| dataset::not_found(id))?;
                Answer::file("application/octet-stream", artifact)
            }
            Request::Preview(id) => {
                let rows = requested::count(asked, "n", 100);
                dataset::preview(&self.found(id)?, rows).ok_or_else(|| {
                    Answer::detail(501, "the stand-in shows nothing of what it did not make")
                })?
            }
            Request::DeleteAll => {
                let chosen: Chosen = body(asked)?;
                let (deleted, not_found): (Vec<_>, Vec<_>) = chosen
                    .dataset_ids
                    .into_iter()
                    .partition(|id| store.remove(id));
                let total = deleted.len();
                let told =
                    json!({"deleted": deleted, "not_found": not_found, "total_deleted": total});
                Answer::json(200, &told)
            }
            Request::CreateAll => self.create_all(&body(asked)?),
            Request::TagAll => self.tag_all(&body(asked)?)?,
            Request::ExportAll => {
                let chosen: Chosen = body(asked)?;
                let members: Vec<(String, Vec<u8>)> = chosen
                    .dataset_ids
                    .iter()
                    .filter_map(|id| Some((format!("{id}.npz"), store.artifact(id)?)))
                    .collect();
                if members.is_empty() {
                    let why = "None of the requested datasets were found";
                    return Err(Answer::detail(404, why));
                }
                Answer::file("application/zip", npz::archive(&members))
            }
        })
    }

    fn create(&self, wanted: &Wanted) -> Result<Answer, Answer> {
        let plan =
            Plan::of(wanted, nonce()).map_err(|(status, why)| Answer::detail(status, &why))?;
        if let Some(description) = self.store.description(&plan.id) {
            return Ok(dataset::created(&description));
        }
        let number = wanted.name.as_deref().map(|name| {
            self.named(name)
                .iter()
                .filter_map(number_of)
                .max()
                .unwrap_or(0)
                + 1
        });
        let made = plan.make(wanted, number, clock::timestamp());
        if wanted.persist {
            self.store
                .keep(&made.id, &made.description, &made.artifact)
                .map_err(|error| cannot_write(&error))?;
        }
        Ok(dataset::created(&made.description))
    }

    fn create_all(&self, wanted: &WantedAll) -> Answer {
        let mut created = 0;
        let results: Vec<Value> = (0..)
            .zip(&wanted.datasets)
            .map(|(index, wanted): (u32, &Wanted)| {
                let answer = self.create(wanted).unwrap_or_else(|refusal| refusal);
                let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let is_made = answer.status == 201;
                created += u32::from(is_made);
                json!({
                    "index": index,
                    "dataset_id": told.get("dataset_id"),
                    "generator": wanted.generator,
                    "success": is_made,
                    "error": told.get("detail"),
                    "artifact_url": told.get("artifact_url"),
                })
            })
            .collect();
        let failed = results.len() - usize::try_from(created).unwrap_or_default();
        let told = json!({"results": results, "total_created": created, "total_failed": failed});
        Answer::json(201, &told)
    }

    fn tag_all(&self, chosen: &Chosen) -> Result<Answer, Answer> {
        let (mut updated, mut not_found) = (Vec::new(), Vec::new());
        for id in &chosen.dataset_ids {
            let Some(description) = self.store.description(id) else {
                not_found.push(id);
                continue;
            };
            let description = dataset::retagged(description, &chosen.add_tags, &chosen.remove_tags);
            self.store
                .describe(id, &description)
                .map_err(|error| cannot_write(&error))?;
            updated.push(id);
        }
        let total = updated.len();
        let told = json!({"updated": updated, "not_found": not_found, "total_updated": total});
        Ok(Answer::json(200, &told))
    }

    fn found(&self, id: &str) -> Result<Value, Answer> {
        self.store
            .description(id)
            .ok_or_else(|| dataset::not_found(id))
    }

    /// The versions under a name, the earliest first.
    fn named(&self, name: &str) -> Vec<Value> {
        let ids = self.store.ids();
        let mut versions: Vec<Value> = ids
            .iter()
            .filter_map(|id| self.store.description(id))
            .filter(|it| it.get("dataset_name").and_then(Value::as_str) == Some(name))
            .collect();
        versions.sort_by_key(number_of);
        versions
    }

    fn look(&self) -> Storage {
        let directory = &self.store.directory;
        Storage {
            path: directory.display().to_string(),
            datasets: count(directory),
        }
    }
}

fn number_of(description: &Value) -> Option<u64> {
    description.get("dataset_version")?.as_u64()
}

fn cannot_write(error: &std::io::Error) -> Answer {
    Answer::detail(500, &format!("cannot write the dataset: {error}"))
}

/// What tells two datasets without a seed apart.
fn nonce() -> u64 {
    (clock::timestamp() * 1e6).to_bits()
}

/// The arrays in a directory; nothing when it is none.
fn count(directory: &Path) -> Option<usize> {
    let entries = std::fs::read_dir(directory).ok()?;
    let names = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Some(
        names
            .filter(|path| path.extension().is_some_and(|extension| extension == "npz"))
            .count(),
    )
}
