// Required and not read, so that a bundler takes them in.
module.exports = [require('./smollm2-135m-instruct-early.json'), require('./smollm2-135m-instruct.json')];
