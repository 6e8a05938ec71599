// Package engine is what the programs need of Temporal besides workflows and activities: connecting with the
// payload codec in place, the namespace's search attributes, queues and retention, logging, and health.
package engine
