// The AWS SDK for JavaScript: credentials from its default chain, a web identity.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.S3_CLIENTS}/package.json`);
const sdk = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const Bucket = process.env.BUCKET;
const prefix = "mine/";
const forbidden = "other/secret";
const odd = `${prefix}odd/a b+c%20d&ü=日本.txt`;
const part = 5 * 1024 * 1024;
const large = randomBytes(2 * part + 12345);
const client = new sdk.S3Client({ forcePathStyle: true, maxAttempts: 1 });
const send = (name, input) => client.send(new sdk[`${name}Command`]({ Bucket, ...input }));
const bytes = async (input) => Buffer.from(await (await send("GetObject", input)).Body.transformToByteArray());
const hash = (content) => createHash("sha256").update(content).digest("hex");

await send("PutObject", { Key: odd, Body: "odd", ContentType: "text/x-test", Metadata: { a: "b" }, Tagging: "team=cart" });
const head = await send("HeadObject", { Key: odd });
assert.deepEqual([head.ContentLength, head.ContentType, head.Metadata], [3, "text/x-test", { a: "b" }]);
assert.deepEqual((await send("GetObjectTagging", { Key: odd })).TagSet, [{ Key: "team", Value: "cart" }]);

for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
  const Key = `${prefix}${ChecksumAlgorithm}`;
  const put = await send("PutObject", { Key, Body: ChecksumAlgorithm, ChecksumAlgorithm });
  const got = await send("GetObject", { Key, ChecksumMode: "ENABLED" });
  assert.ok(put[`Checksum${ChecksumAlgorithm}`], ChecksumAlgorithm);
  assert.equal(got[`Checksum${ChecksumAlgorithm}`], put[`Checksum${ChecksumAlgorithm}`]);
  assert.equal(await got.Body.transformToString(), ChecksumAlgorithm);
}

const params = { Bucket, Key: `${prefix}large`, Body: large };
const upload = await new Upload({ client, params, partSize: part, queueSize: 3 }).done();
assert.match(upload.ETag, /-3"$/);
assert.equal(hash(await bytes({ Key: `${prefix}large` })), hash(large));
const range = await bytes({ Key: `${prefix}large`, Range: `bytes=${part - 5}-${part + 4}` });
assert.deepEqual(range, large.subarray(part - 5, part + 5));

await send("CopyObject", { Key: `${prefix}copy`, CopySource: `${Bucket}/${encodeURIComponent(odd)}` });
assert.equal((await bytes({ Key: `${prefix}copy` })).toString(), "odd");
const got = await fetch(await getSignedUrl(client, new sdk.GetObjectCommand({ Bucket, Key: odd }), { expiresIn: 60 }));
assert.equal(await got.text(), "odd");
const link = await getSignedUrl(client, new sdk.PutObjectCommand({ Bucket, Key: `${prefix}link` }), { expiresIn: 60 });
assert.equal((await fetch(link, { method: "PUT", body: "by link" })).status, 200);
assert.equal((await bytes({ Key: `${prefix}link` })).toString(), "by link");

const keys = [];
const pages = sdk.paginateListObjectsV2({ client, pageSize: 3 }, { Bucket, Prefix: prefix });
for await (const page of pages) keys.push(...page.Contents.map((it) => it.Key));
assert.equal(keys.length, 9);

for (const attempt of [
  () => send("GetObject", { Key: forbidden }),
  () => send("PutObject", { Key: forbidden, Body: "x" }),
  () => send("ListObjectsV2", { Prefix: "other/" }),
]) {
  await assert.rejects(attempt, (error) => error.name === "AccessDenied" && error.$metadata.httpStatusCode === 403);
}
await assert.rejects(() => send("GetObject", { Key: `${prefix}none` }), (error) => error instanceof sdk.NoSuchKey);

const Objects = keys.filter((Key) => ![odd, `${prefix}large`].includes(Key)).map((Key) => ({ Key }));
const gone = await send("DeleteObjects", { Delete: { Objects: [...Objects, { Key: forbidden }] } });
assert.equal(gone.Deleted.length, Objects.length);
assert.deepEqual(gone.Errors.map((it) => [it.Key, it.Code]), [[forbidden, "AccessDenied"]]);
console.log("ok");
