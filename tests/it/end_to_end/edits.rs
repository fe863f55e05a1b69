//! An edit changes only the objects that depend on it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::deployment::Deployment;
use super::engine::Engine;
use crate::project::changed;

/// One image, one layer and one service change. Milvus keeps running and keeps its data.
pub(crate) fn an_edited_notebook_rolls_one_service(deployment: &Deployment) {
    let [milvus, jupyter] = deployment.containers();
    let before = layers(deployment);
    // The first cell fails if the data is lost.
    deployment.edit(
        "images/jupyter/TestMilvus.ipynb",
        "print(\\\"connected to Milvus\\\", client.get_server_version())",
        "assert client.has_collection(\\\"demo_collection\\\")",
    );
    let report = deployment.json(&["deploy", "--yes"]);
    assert_eq!(
        changed(&report),
        ["build:jupyter", "push:jupyter", "put:jupyter", "service:jupyter"]
    );
    assert_eq!(layers(deployment).difference(&before).count(), 1, "exactly one layer is new");
    assert_eq!(deployment.container("milvus"), milvus);
    assert_ne!(deployment.container("jupyter"), jupyter);
    deployment.succeed(&["verify"]);
}

/// One PUT and one ALTER SERVICE. An edited comment alone changes nothing.
pub(crate) fn an_edited_spec_rolls_one_service(deployment: &Deployment, engine: Engine) {
    let [milvus, jupyter] = deployment.containers();
    deployment.edit("specs/jupyter.yaml", "# Answers without a login.", "# Needs no login.");
    assert_eq!(changed(&deployment.json(&["deploy"])), [""; 0]);

    deployment.edit("specs/jupyter.yaml", "memory: 4Gi", "memory: 3Gi");
    let report = deployment.json(&["deploy"]);
    assert_eq!(changed(&report), ["put:jupyter", "service:jupyter"]);
    assert_eq!(deployment.container("milvus"), milvus);
    let rolled = deployment.container("jupyter");
    assert_ne!(rolled, jupyter);
    assert_eq!(engine.inspect(&rolled)[0]["HostConfig"]["Memory"], 3_u64 << 30);
}

/// The layers of the built Jupyter image, by digest.
fn layers(deployment: &Deployment) -> BTreeSet<String> {
    let layout = deployment.path("target/spcs/images/local/jupyter");
    let read = |file: &str| -> Value {
        let text = fs_err::read_to_string(layout.join(file)).expect("a file of the layout");
        serde_json::from_str(&text).expect("JSON")
    };
    let index = read("index.json");
    let digest = index["manifests"][0]["digest"].as_str().expect("a manifest");
    let manifest = read(&format!("blobs/{}", digest.replace(':', "/")));
    let layers = manifest["layers"].as_array().expect("layers");
    layers.iter().filter_map(|layer| layer["digest"].as_str()).map(str::to_owned).collect()
}
