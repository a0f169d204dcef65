//! A server with an object to read and keys to write.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use http::Method;

use super::content::{Content, Size};
use super::transfer::{Connection, Transfer};
use crate::client::Keys;
use crate::process::Process;
use crate::world::World;

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Get,
    Put,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Get, Self::Put];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
        }
    }
}

/// A server, set up, with an object of one size, and a role's credentials.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) world: World,
    keys: Keys,
    size: Size,
    content: Arc<Content>,
}

impl Setting {
    /// Sets up a server that has just been started on `data`, with a bucket of this name.
    pub(crate) fn new(
        program: &Path,
        data: &Path,
        server: Process,
        bucket: &str,
        size: Size,
    ) -> Result<Self> {
        let world = World::with_bucket(program, data, server, bucket)?;
        let keys = world.role()?;
        let setting = Self {
            world,
            keys,
            size,
            content: Arc::new(Content::of(size)),
        };
        let object = setting.put("object")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut connection = Connection::open(setting.world.server.address).await?;
            connection.exchange(&object).await
        })?;
        Ok(setting)
    }

    /// One request for each connection: all read one object, and each writes one of its own.
    pub(crate) fn transfers(&self, way: Way) -> Result<Vec<Transfer>> {
        let connections = 0..self.size.connections();
        match way {
            Way::Get => {
                let get = self.get()?;
                Ok(connections.map(|_| get.clone()).collect())
            }
            Way::Put => connections
                .map(|number| self.put(&format!("written-{number}")))
                .collect(),
        }
    }

    /// Reads the object.
    pub(crate) fn get(&self) -> Result<Transfer> {
        self.get_as(&self.keys)
    }

    /// Reads the object with other credentials.
    pub(crate) fn get_as(&self, keys: &Keys) -> Result<Transfer> {
        let target = format!("/{}/object", self.world.bucket);
        let request = self
            .world
            .client
            .s3(Method::GET, &target, Vec::new(), keys)?;
        Ok(Transfer {
            head: request.head(0).into(),
            body: None,
        })
    }

    /// Writes an object of the size.
    pub(crate) fn put(&self, key: &str) -> Result<Transfer> {
        let target = format!("/{}/{key}", self.world.bucket);
        let client = &self.world.client;
        let request = client.s3_hashed(Method::PUT, &target, self.content.hash(), &self.keys)?;
        Ok(Transfer {
            head: request.head(self.content.length()).into(),
            body: Some(Arc::clone(&self.content)),
        })
    }

    /// The role's credentials.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }
}
