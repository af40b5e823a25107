/*
 * Makes calls of libfreefare on the one tag before the reader: one a line on
 * standard input, words separated by spaces, numbers in hexadecimal; one line
 * with the outcome on standard output. Ends with its input.
 *
 * A key is des:, 3des:, 3k3des: or aes: and its bytes; for AES :version follows.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nfc/nfc.h>

#include <freefare.h>

static nfc_device *device;
static MifareTag *tags;
static MifareTag tag;

static char *word[16]; /* of the call; the first is its name */
static int words;

static char outcome[20000];
static uint8_t data[9000];

static _Noreturn void die(const char *why)
{
    fprintf(stderr, "client: %s\n", why);
    exit(1);
}

static void out(const char *format, ...)
{
    size_t n = strlen(outcome);
    va_list args;

    va_start(args, format);
    vsnprintf(outcome + n, sizeof outcome - n, format, args);
    va_end(args);
}

static void out_bytes(const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out(i ? "%02X" : " %02X", b[i]);
}

static bool has(int i) { return i < words; }

static unsigned long num(int i)
{
    if (!has(i))
        die("a number is missing");
    return strtoul(word[i], NULL, 16);
}

static size_t bytes(const char *digits, uint8_t *to, size_t most)
{
    size_t n = 0;
    unsigned b;

    for (; n < most && sscanf(digits, "%2x", &b) == 1; digits += 2) {
        to[n++] = (uint8_t)b;
        if (!digits[1])
            die("half a byte");
    }
    return n;
}

static size_t arg_bytes(int i)
{
    if (!has(i))
        die("bytes are missing");
    return bytes(word[i], data, sizeof data);
}

static MifareDESFireKey key(int i)
{
    uint8_t b[24] = { 0 };
    char *digits, *version;

    if (!has(i) || !(digits = strchr(word[i], ':')))
        die("a key is missing");
    *digits++ = '\0';
    bytes(digits, b, sizeof b);
    if (!strcmp(word[i], "des"))
        return mifare_desfire_des_key_new_with_version(b);
    if (!strcmp(word[i], "3des"))
        return mifare_desfire_3des_key_new_with_version(b);
    if (!strcmp(word[i], "3k3des"))
        return mifare_desfire_3k3des_key_new_with_version(b);
    version = strchr(digits, ':');
    return mifare_desfire_aes_key_new_with_version(b, version ? (uint8_t)strtoul(version + 1, NULL, 16) : 0);
}

/* The reader and the tag. */

static int list(void)
{
    char *uid;

    if (tags)
        freefare_free_tags(tags);
    tag = NULL;
    if (!(tags = freefare_get_tags(device)) || !tags[0])
        return 0;
    tag = tags[0];
    if (tags[1])
        die("more than one tag");
    uid = freefare_get_tag_uid(tag);
    out(" %s %s", uid, freefare_get_tag_friendly_name(tag));
    free(uid);
    return mifare_desfire_connect(tag);
}

static int connect_tag(void) { return mifare_desfire_connect(tag); }
static int disconnect_tag(void) { return mifare_desfire_disconnect(tag); }

/* Keys. */

static int authenticate(void)
{
    MifareDESFireKey k = key(2);
    int r = mifare_desfire_authenticate(tag, num(1), k);

    mifare_desfire_key_free(k);
    return r;
}

static int authenticate_iso(void)
{
    MifareDESFireKey k = key(2);
    int r = mifare_desfire_authenticate_iso(tag, num(1), k);

    mifare_desfire_key_free(k);
    return r;
}

static int authenticate_aes(void)
{
    MifareDESFireKey k = key(2);
    int r = mifare_desfire_authenticate_aes(tag, num(1), k);

    mifare_desfire_key_free(k);
    return r;
}

static int change_key(void)
{
    MifareDESFireKey fresh = key(2), old = has(3) ? key(3) : NULL;
    int r = mifare_desfire_change_key(tag, num(1), fresh, old);

    mifare_desfire_key_free(fresh);
    mifare_desfire_key_free(old);
    return r;
}

static int get_key_settings(void)
{
    uint8_t settings, keys;
    int r = mifare_desfire_get_key_settings(tag, &settings, &keys);

    if (r >= 0)
        out(" %02X %d", settings, keys);
    return r;
}

static int change_key_settings(void) { return mifare_desfire_change_key_settings(tag, num(1)); }

static int get_key_version(void)
{
    uint8_t version;
    int r = mifare_desfire_get_key_version(tag, num(1), &version);

    if (r >= 0)
        out(" %02X", version);
    return r;
}

static int set_default_key(void)
{
    MifareDESFireKey k = key(1);
    int r = mifare_desfire_set_default_key(tag, k);

    mifare_desfire_key_free(k);
    return r;
}

/* The chip. */

static int get_version(void)
{
    struct mifare_desfire_version_info v;
    int r = mifare_desfire_get_version(tag, &v);

    if (r >= 0)
        out_bytes((uint8_t *)&v, sizeof v);
    return r;
}

static int free_mem(void)
{
    uint32_t size;
    int r = mifare_desfire_free_mem(tag, &size);

    if (r >= 0)
        out(" %u", size);
    return r;
}

static int set_configuration(void) { return mifare_desfire_set_configuration(tag, num(1), num(2)); }

static int set_ats(void)
{
    arg_bytes(1);
    return mifare_desfire_set_ats(tag, data);
}

static int get_card_uid(void)
{
    char *uid;
    int r = mifare_desfire_get_card_uid(tag, &uid);

    if (r >= 0) {
        out(" %s", uid);
        free(uid);
    }
    return r;
}

static int format_picc(void) { return mifare_desfire_format_picc(tag); }

/* Applications. */

static int select_application(void)
{
    MifareDESFireAID aid = mifare_desfire_aid_new(num(1));
    int r = mifare_desfire_select_application(tag, num(1) ? aid : NULL);

    free(aid);
    return r;
}

/* createapplication CIPHER AID SETTINGS KEYS [FILEIDS ISOID [NAME]] */
static int create_application(void)
{
    MifareDESFireAID aid = mifare_desfire_aid_new(num(2));
    uint8_t settings = num(3), keys = num(4);
    bool des = !strcmp(word[1], "des"), aes = !strcmp(word[1], "aes");
    int r;

    if (!has(5)) {
        r = des ? mifare_desfire_create_application(tag, aid, settings, keys)
            : aes ? mifare_desfire_create_application_aes(tag, aid, settings, keys)
            : mifare_desfire_create_application_3k3des(tag, aid, settings, keys);
    } else {
        size_t n = has(7) ? arg_bytes(7) : 0;
        int ids = num(5);
        uint16_t id = num(6);

        r = des ? mifare_desfire_create_application_iso(tag, aid, settings, keys, ids, id, data, n)
            : aes ? mifare_desfire_create_application_aes_iso(tag, aid, settings, keys, ids, id, data, n)
            : mifare_desfire_create_application_3k3des_iso(tag, aid, settings, keys, ids, id, data, n);
    }
    free(aid);
    return r;
}

static int delete_application(void)
{
    MifareDESFireAID aid = mifare_desfire_aid_new(num(1));
    int r = mifare_desfire_delete_application(tag, aid);

    free(aid);
    return r;
}

static int get_application_ids(void)
{
    MifareDESFireAID *aids;
    size_t n;
    int r = mifare_desfire_get_application_ids(tag, &aids, &n);

    if (r >= 0) {
        for (size_t i = 0; i < n; i++)
            out(" %06X", mifare_desfire_aid_get_aid(aids[i]));
        mifare_desfire_free_application_ids(aids);
    }
    return r;
}

static int get_df_names(void)
{
    MifareDESFireDF *names;
    size_t n;
    int r = mifare_desfire_get_df_names(tag, &names, &n);

    if (r >= 0) {
        for (size_t i = 0; i < n; i++) {
            out(" %06X %04X", names[i].aid, names[i].fid);
            out_bytes(names[i].df_name, names[i].df_name_len);
        }
        free(names);
    }
    return r;
}

/* Files. */

static int get_file_ids(void)
{
    uint8_t *files;
    size_t n;
    int r = mifare_desfire_get_file_ids(tag, &files, &n);

    if (r >= 0) {
        out_bytes(files, n);
        free(files);
    }
    return r;
}

static int get_iso_file_ids(void)
{
    uint16_t *files;
    size_t n;
    int r = mifare_desfire_get_iso_file_ids(tag, &files, &n);

    if (r >= 0) {
        for (size_t i = 0; i < n; i++)
            out(" %04X", files[i]);
        free(files);
    }
    return r;
}

static int get_file_settings(void)
{
    struct mifare_desfire_file_settings s;
    int r = mifare_desfire_get_file_settings(tag, num(1), &s);

    if (r < 0)
        return r;
    out(" type %d mode %d access %04X", s.file_type, s.communication_settings, s.access_rights);
    switch (s.file_type) {
    case MDFT_STANDARD_DATA_FILE:
    case MDFT_BACKUP_DATA_FILE:
        out(" size %u", s.settings.standard_file.file_size);
        break;
    case MDFT_VALUE_FILE_WITH_BACKUP:
        out(" from %d to %d limited %d enabled %d", s.settings.value_file.lower_limit, s.settings.value_file.upper_limit,
            s.settings.value_file.limited_credit_value, s.settings.value_file.limited_credit_enabled);
        break;
    default:
        out(" size %u most %u now %u", s.settings.linear_record_file.record_size,
            s.settings.linear_record_file.max_number_of_records, s.settings.linear_record_file.current_number_of_records);
    }
    return r;
}

static int change_file_settings(void) { return mifare_desfire_change_file_settings(tag, num(1), num(2), num(3)); }

/* create... FILE MODE ACCESS ... [ISOID] */
static int create_std(void)
{
    return has(5) ? mifare_desfire_create_std_data_file_iso(tag, num(1), num(2), num(3), num(4), num(5))
        : mifare_desfire_create_std_data_file(tag, num(1), num(2), num(3), num(4));
}

static int create_backup(void)
{
    return has(5) ? mifare_desfire_create_backup_data_file_iso(tag, num(1), num(2), num(3), num(4), num(5))
        : mifare_desfire_create_backup_data_file(tag, num(1), num(2), num(3), num(4));
}

static int create_value(void)
{
    return mifare_desfire_create_value_file(tag, num(1), num(2), num(3), (int32_t)num(4), (int32_t)num(5), (int32_t)num(6), num(7));
}

static int create_linear(void)
{
    return has(6) ? mifare_desfire_create_linear_record_file_iso(tag, num(1), num(2), num(3), num(4), num(5), num(6))
        : mifare_desfire_create_linear_record_file(tag, num(1), num(2), num(3), num(4), num(5));
}

static int create_cyclic(void)
{
    return has(6) ? mifare_desfire_create_cyclic_record_file_iso(tag, num(1), num(2), num(3), num(4), num(5), num(6))
        : mifare_desfire_create_cyclic_record_file(tag, num(1), num(2), num(3), num(4), num(5));
}

static int delete_file(void) { return mifare_desfire_delete_file(tag, num(1)); }

/* Content. */

static int got(ssize_t n)
{
    if (n >= 0)
        out_bytes(data, n);
    return n < 0 ? -1 : 0;
}

/* All that was given must have been written. */
static int gave(ssize_t n, size_t given)
{
    if (n >= 0 && (size_t)n != given)
        out(" only %zd", n);
    return n < 0 ? -1 : 0;
}

static int read_data(void) { return got(mifare_desfire_read_data(tag, num(1), num(2), num(3), data)); }
static int read_records(void) { return got(mifare_desfire_read_records(tag, num(1), num(2), num(3), data)); }

static int write_data(void)
{
    size_t n = arg_bytes(3);

    return gave(mifare_desfire_write_data(tag, num(1), num(2), n, data), n);
}

static int write_record(void)
{
    size_t n = arg_bytes(3);

    return gave(mifare_desfire_write_record(tag, num(1), num(2), n, data), n);
}

static int get_value(void)
{
    int32_t value;
    int r = mifare_desfire_get_value(tag, num(1), &value);

    if (r >= 0)
        out(" %d", value);
    return r;
}

/* The mode may be told: libfreefare guesses it from write rights alone. */
static int credit(void)
{
    return has(3) ? mifare_desfire_credit_ex(tag, num(1), num(2), num(3)) : mifare_desfire_credit(tag, num(1), num(2));
}

static int debit(void)
{
    return has(3) ? mifare_desfire_debit_ex(tag, num(1), num(2), num(3)) : mifare_desfire_debit(tag, num(1), num(2));
}

static int limited_credit(void)
{
    return has(3) ? mifare_desfire_limited_credit_ex(tag, num(1), num(2), num(3))
        : mifare_desfire_limited_credit(tag, num(1), num(2));
}

static int clear_records(void) { return mifare_desfire_clear_record_file(tag, num(1)); }
static int commit(void) { return mifare_desfire_commit_transaction(tag); }
static int abort_transaction(void) { return mifare_desfire_abort_transaction(tag); }

static const struct {
    const char *name;
    int (*make)(void);
} calls[] = {
    { "list", list },
    { "connect", connect_tag },
    { "disconnect", disconnect_tag },
    { "authenticate", authenticate },
    { "authenticateiso", authenticate_iso },
    { "authenticateaes", authenticate_aes },
    { "changekey", change_key },
    { "getkeysettings", get_key_settings },
    { "changekeysettings", change_key_settings },
    { "getkeyversion", get_key_version },
    { "setdefaultkey", set_default_key },
    { "getversion", get_version },
    { "freemem", free_mem },
    { "setconfiguration", set_configuration },
    { "setats", set_ats },
    { "getcarduid", get_card_uid },
    { "formatpicc", format_picc },
    { "select", select_application },
    { "createapplication", create_application },
    { "deleteapplication", delete_application },
    { "getapplicationids", get_application_ids },
    { "getdfnames", get_df_names },
    { "getfileids", get_file_ids },
    { "getisofileids", get_iso_file_ids },
    { "getfilesettings", get_file_settings },
    { "changefilesettings", change_file_settings },
    { "createstd", create_std },
    { "createbackup", create_backup },
    { "createvalue", create_value },
    { "createlinear", create_linear },
    { "createcyclic", create_cyclic },
    { "deletefile", delete_file },
    { "read", read_data },
    { "write", write_data },
    { "readrecords", read_records },
    { "writerecord", write_record },
    { "getvalue", get_value },
    { "credit", credit },
    { "debit", debit },
    { "limitedcredit", limited_credit },
    { "clearrecords", clear_records },
    { "commit", commit },
    { "abort", abort_transaction },
};

static int make(void)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (!strcmp(word[0], calls[i].name))
            return calls[i].make();
    die("no such call");
}

static void answer(void)
{
    outcome[0] = '\0';
    errno = 0;
    if (make() >= 0)
        printf("ok%s\n", outcome);
    else if (tag && mifare_desfire_last_picc_error(tag))
        printf("picc %02X\n", mifare_desfire_last_picc_error(tag));
    else if (tag && mifare_desfire_last_pcd_error(tag))
        printf("pcd %02X\n", mifare_desfire_last_pcd_error(tag));
    else
        printf("error %s\n", strerror(errno));
    fflush(stdout);
}

int main(void)
{
    static char line[20000];
    nfc_context *context;
    nfc_connstring name;

    nfc_init(&context);
    if (!context || nfc_list_devices(context, &name, 1) != 1 || !(device = nfc_open(context, name)))
        die("no reader");
    while (fgets(line, sizeof line, stdin)) {
        words = 0;
        for (char *w = strtok(line, " \n"); w && words < 16; w = strtok(NULL, " \n"))
            word[words++] = w;
        if (words)
            answer();
    }
    if (tags)
        freefare_free_tags(tags);
    nfc_close(device);
    nfc_exit(context);
    return 0;
}
