/**
 * The page before anything runs: what is asked for, and where answers come. It holds nothing of a server, so that it may be given to
 * anybody; the script asks the server for what there is.
 */
export const SHELL = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Halfspace playground</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="playground/style.css">
<script type="module" src="playground/page/app.js"></script>
</head>
<body>
<header>
<h1>Halfspace playground</h1>
<p class="facts" id="server">Asking the server …</p>
</header>
<noscript><p class="message">This page needs JavaScript, which is switched off. Switch it on for this page, and load it again.</p></noscript>
<p class="message" id="message" role="alert" hidden></p>
<form id="key-form" class="panel" hidden>
<label for="key">Key of the server <small>who runs it has it; it stays in this tab</small></label>
<div class="row"><input id="key" type="password" autocomplete="off" required><button class="main">Use this key</button></div>
</form>
<div class="layout">
<div class="side">
<form id="ask" aria-label="What to write">
<fieldset>
<legend>Prompt</legend>
<div id="modes" role="radiogroup" aria-label="Mode">
<label class="choice"><input type="radio" name="mode" value="completion" checked>Completion</label>
<label class="choice"><input type="radio" name="mode" value="chat">Chat</label>
</div>
<div id="system-row" hidden><label for="system">System message</label><input id="system" autocomplete="off"></div>
<ol class="turns" id="turns" aria-label="The conversation so far"></ol>
<button type="button" id="drop-turns" hidden>Start a new conversation</button>
<label for="prompt" id="prompt-label">Beginning of a text</label>
<textarea id="prompt" rows="3" spellcheck="false">My neighbour is such a</textarea>
<div id="begun-row" hidden><p class="hint">The text goes on from <code id="begun"></code></p><button type="button" id="drop-begun">Start from the prompt again</button></div>
</fieldset>
<fieldset id="values"><legend>Values</legend>
<p class="hint">Nats that a token gains for each unit of margin. 0 is off; below 0 steers away.</p>
<div id="sliders"></div>
<label for="preset">Strength</label>
<select id="preset"><option value="none">as the sliders say</option></select>
</fieldset>
<div class="row"><button class="main" id="go">Write</button><button type="button" id="stop" disabled>Stop</button></div>
<fieldset><legend>Decoding</legend>
<div class="two">
<div><label for="seed">Seed</label><input id="seed" type="number" min="0" step="1" value="2" required></div>
<div><label for="tokens">Tokens</label><input id="tokens" type="number" min="1" max="512" step="1" value="40" required></div>
<div><label for="temperature">Temperature</label><input id="temperature" type="number" min="0" max="2" step="0.1" value="1" required></div>
</div>
<button type="button" id="reseed">Another seed</button>
</fieldset>
</form>
<form id="own" aria-label="A value of your own" hidden>
<details><summary>A value of your own</summary>
<p class="hint">Ten texts that have it and ten that lack it, one a line, make a slider within seconds. A few examples prove nothing: look at what it does.</p>
<label for="own-name">Name <small>small letters and hyphens</small></label>
<input id="own-name" required maxlength="40" pattern="[a-z][a-z0-9]*(-[a-z0-9]+)*" autocomplete="off">
<label for="own-good">Good examples</label><textarea id="own-good" rows="4" required></textarea>
<label for="own-bad">Bad examples</label><textarea id="own-bad" rows="4" required></textarea>
<div class="row"><button id="own-go">Make it</button></div>
<p class="hint" id="own-said" role="status"></p>
</details>
</form>
</div>
<main class="side">
<div class="legend"><label for="colour">Colour by</label><select id="colour"></select>
<span class="shaded" id="key-other">on the other side</span><span class="shaded" id="key-desired">on the desired side</span></div>
<div class="columns" id="columns"></div>
<div class="row" id="reply" hidden><button type="button" id="reply-plain">Reply to the plain answer</button><button type="button" id="reply-steered">Reply to the steered answer</button></div>
<p class="sr" role="status" id="status"></p>
<section class="panel" id="token" aria-labelledby="token-title" tabindex="-1" hidden></section>
<section class="panel" aria-labelledby="share-title">
<h2 id="share-title">Take it with you</h2>
<div class="row"><button type="button" id="copy-link">Copy a link to this text</button>
<label for="command">As</label><select id="command" class="narrow"><option value="cli">command line</option><option value="typescript">TypeScript</option><option value="curl">curl</option></select>
<button type="button" id="copy-command">Copy</button></div>
<p class="hint" id="copied"></p>
<pre id="command-text" tabindex="0" aria-label="Command"></pre>
</section>
<section class="panel" aria-labelledby="trace-title">
<h2 id="trace-title">Open a trace</h2>
<p class="hint">What <code>halfspace generate --trace FILE</code> wrote. Drop the file anywhere on this page, or choose it. It stays in your browser.</p>
<label for="trace-file">Trace file</label> <input type="file" id="trace-file" accept=".jsonl,.ndjson,.json">
<div id="trace" hidden><label for="trace-completion">Completion</label> <select id="trace-completion"></select> <label for="trace-colour">Coloured by</label> <select id="trace-colour"></select><div id="trace-text"></div></div>
</section>
</main>
</div>
</body>
</html>
`;
