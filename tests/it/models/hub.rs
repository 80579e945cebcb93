//! The model hub when it works: addresses, redirects, what is installed, who fetches it.

use evenhand::ErrorKind;
use evenhand::models::{ModelState, PullEvent, PullSource, Pulled};

use super::{REVISION, Scene, good, names, weights_by, whole};
use crate::support::file_server::{FileServer, refusal};

#[tokio::test]
async fn every_file_is_asked_for_once_at_the_commit_and_installed_with_its_checksums() {
    let server = FileServer::start(good);
    let mut scene = Scene::new(&server.url());
    assert_eq!(scene.cache().state(&scene.manifest.models()[0]), ModelState::Absent);
    let (mut last, mut total_seen) = (0, 0);
    let pulled = scene.pull_watched(|event| {
        if let PullEvent::Progress { done, total } = event {
            assert!(*done >= last, "{done} after {last}");
            (last, total_seen) = (*done, *total);
        }
    });
    let source = PullSource::Hub {
        endpoint: format!("{}/", server.url()),
        repository: "owner/tiny".to_owned(),
        revision: REVISION.to_owned(),
    };
    assert_eq!(pulled.await.unwrap(), Pulled::Installed { path: scene.home(), source });
    assert_eq!((last, total_seen), (300_022, 300_022));
    scene.assert_installed();
    let sums = std::fs::read_to_string(scene.home().join("SHA256SUMS")).unwrap();
    assert_eq!(
        sums,
        "643e010a3d5314680744b54eb3389b403dc85a434126e0f9bd7ea0f73e6aabcd  config.json\n\
         a002acc5c8f1ca710a8734705658f739816b67ae94d44d6f552a5b3b08ae3634  model.safetensors\n"
    );
    let seen = server.seen();
    let paths: Vec<&str> = seen.iter().map(|request| request.path.as_str()).collect();
    let base = format!("/owner/tiny/resolve/{REVISION}");
    assert_eq!(paths, [format!("{base}/config.json"), format!("{base}/model.safetensors")]);
    for request in &seen {
        assert_eq!(request.header("accept-encoding"), Some("identity"));
        assert_eq!(request.range(), None);
        assert_eq!(request.header("authorization"), None);
    }

    assert_eq!(scene.pull_well().await, Pulled::AlreadyThere(scene.home()));
    assert_eq!(server.seen().len(), 2, "an installed model is not asked for again");
}

#[tokio::test]
async fn a_redirect_to_another_server_is_followed_with_the_range() {
    let store = FileServer::start(|request| {
        crate::support::file_server::file_answer(request, &super::weights(), &[super::ETAG])
    });
    let to = format!("location: {}/blobs/9f/model.safetensors?signature=secret", store.url());
    let server = weights_by(move |_| refusal("302 Found", &[&to]));
    let mut scene = Scene::new(&server.url());
    std::fs::create_dir_all(scene.part().parent().unwrap()).unwrap();
    std::fs::write(scene.part(), &super::weights()[..1000]).unwrap();
    scene.pull_well().await;
    assert_eq!(store.seen()[0].path, "/blobs/9f/model.safetensors?signature=secret");
    assert_eq!(store.seen()[0].range(), Some(1000));
}

#[tokio::test]
async fn a_relative_redirect_stays_on_the_server() {
    let server = FileServer::start(|request| {
        if request.path.starts_with("/elsewhere") {
            crate::support::file_server::file_answer(request, &super::contents(request), &[])
        } else {
            let location = format!("location: /elsewhere/{}", request.file());
            refusal("307 Temporary Redirect", &[&location])
        }
    });
    Scene::new(&server.url()).pull_well().await;
}

#[tokio::test]
async fn an_endpoint_with_a_path_is_a_mirror() {
    let server = FileServer::start(|request| {
        let path = request.path.strip_prefix("/mirror/hf").expect("the path of the mirror");
        let request = crate::support::file_server::FileRequest {
            path: path.to_owned(),
            headers: request.headers.clone(),
            before: request.before,
        };
        good(&request)
    });
    Scene::new(&format!("{}/mirror/hf/", server.url())).pull_well().await;
}

#[tokio::test]
async fn of_two_pulls_at_once_one_fetches_and_the_other_finds_the_model() {
    let server = FileServer::start(good);
    let (mut one, mut other) = (Scene::new(&server.url()), Scene::new(&server.url()));
    other.folder = crate::support::Folder::new();
    let shared = one.cache();
    let cache = &shared;
    let model = one.manifest.models()[0].clone();
    let mut waited = 0;
    let mut note =
        |event: PullEvent<'_>| waited += u32::from(matches!(event, PullEvent::WaitsForOther));
    let mut ignore = |_: PullEvent<'_>| ();
    let (first, second) = tokio::join!(
        evenhand::models::pull(&model, cache, &one.options, &mut ignore, &one.cancel),
        evenhand::models::pull(&model, cache, &other.options, &mut note, &other.cancel),
    );
    assert!(matches!(first.unwrap(), Pulled::Installed { .. }));
    assert_eq!(second.unwrap(), Pulled::AlreadyThere(one.home()));
    assert_eq!((server.seen().len(), waited), (2, 1));
    one.assert_installed();
    assert!(one.pull().await.is_ok() && other.pull().await.is_ok());
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_is_an_error_that_names_it_before_anything_is_asked() {
    let server = FileServer::start(good);
    let mut scene = Scene::new(&server.url());
    scene.folder.write("models", "a file where the folder belongs");
    let error = scene.pull().await.unwrap_err();
    assert!(error.to_string().contains(scene.cache().folder().to_str().unwrap()), "{error}");
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(whole(&error).contains("keep models in another folder"), "{}", whole(&error));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn an_intact_model_needs_no_writable_cache() {
    let server = FileServer::start(good);
    let mut scene = Scene::new(&server.url());
    scene.pull_well().await;
    std::fs::remove_file(scene.cache().folder().join(".tiny.lock")).unwrap();
    scene.options.verify = true;
    assert_eq!(scene.pull().await.unwrap(), Pulled::AlreadyThere(scene.home()));
    assert_eq!(names(scene.cache().folder()), ["tiny"], "nothing was written");
}
