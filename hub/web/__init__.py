"""What the console and the counter's pages share: headers, language, files, sentences, streams."""
